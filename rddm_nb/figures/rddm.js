// Made from js/ by tools/build_js.py, not to be edited.
const range=(n,f)=>Array.from({length:n},(_,i)=>f(i)),$110=(keys,f)=>Object.fromEntries(keys.map((key,i)=>[key,f(key,i)])),last=list=>list[list.length-1],sum=values=>values.reduce((total,value)=>total+value,0),$39=values=>{let total=0
return[0,...values.map(value=>total+=value)]},$34=(value,low,high)=>Math.min(Math.max(value,low),high),$61=(list,n)=>n>=list.length?list:range(n,i=>list[Math.round(i*(list.length-1)/(n-1))]);
const $79=point=>point.every(v=>v===0),qSample=(x0,xIn,eps,abar,bbar)=>x0.map((v,i)=>v+abar*((xIn?xIn[i]:0)- v)+ bbar*eps[i]),$16={sum_constrained:([,bbarT],[,bbarS])=>bbarS*bbarS*(bbarT*bbarT-bbarS*bbarS)/(bbarT*bbarT),preserving:([abarT,bbarT],[abarS,bbarS])=>{const ratio=(1-abarT)/(1-abarS),kept=ratio===0?0:ratio*ratio*bbarS*bbarS/(bbarT*bbarT);
return bbarS*bbarS*(1-kept)},bridge:([abarT,bbarT],[abarS,bbarS])=>bbarS*bbarS-(abarS/abarT)**2*bbarT*bbarT},posteriorVariance=(posterior,from,to,eta=1)=>{const bbarS=to[1]
if(eta===0||bbarS===0)return 0
const variance=$16[posterior](from,to)
return !Number.isFinite(variance)||variance<-1e-12*bbarS**2?NaN:eta*Math.max(variance,0)},reverseStep=(x,estimate,[abarT,bbarT],to,variance=0,noise=null)=>{if($79(to))return estimate.x0.slice()
const[abarS,bbarS]=to,{res,eps}=estimate,fromEps=Math.sqrt(Math.max(bbarS*bbarS-variance,0))- bbarT,fromNoise=Math.sqrt(variance),out=x.slice()
for(let i=0;i<out.length;i++){out[i]+=(abarS-abarT)*res[i]+(eps?fromEps*eps[i]:0)+(noise?fromNoise*noise[i]:0)}
return out};
const dot=(a,b,start=0)=>{const n=a.length
let sum0=0,sum1=0,sum2=0,sum3=0,i=0
for(;i+3<n;i+=4){sum0+=a[i]*b[start+i]
sum1+=a[i+1]*b[start+i+1]
sum2+=a[i+2]*b[start+i+2]
sum3+=a[i+3]*b[start+i+3]}
for(;i<n;i++)sum0+=a[i]*b[start+i]
return sum0+sum1+sum2+sum3},$28=(out,images,k,scale)=>{const start=k*out.length
for(let i=0;i<out.length;i++)out[i]+=scale*images[start+i]},$120=logits=>{const top=Math.max(...logits)
let total=0
for(let k=0;k<logits.length;k++)total+=logits[k]=Math.exp(logits[k]- top)
for(let k=0;k<logits.length;k++)logits[k]/=total
return logits}
class ExactPredictor{constructor(means,count,{std=0,tau=null,weights=null}={}){Object.assign(this,{means:Float64Array.from(means),size:means.length/count,std,tau})
const prior=weights||Array(count).fill(1),total=sum(prior)
this.logPrior=prior.map(w=>Math.log(w/total))
this.squaredNorms=range(count,k=>{const mean=this.means.subarray(k*this.size,(k+1)*this.size)
return dot(mean,mean)})
this.inputShare=tau===null?0:std**2/(std**2+tau**2)}
squaredDistances(x,scale){const own=dot(x,x)
return this.squaredNorms.map((norm,k)=>own-2*scale*dot(x,this.means,k*this.size)+ scale*scale*norm)}
inputLogits(xIn){if(this.tau===null)return null
if(this.lastInput!==xIn){const variance=this.std**2+this.tau**2
this.lastLogits=this.squaredDistances(xIn||new Float64Array(this.size),1).map(d=>-d/(2*variance))
this.lastInput=xIn}
return this.lastLogits}
posterior(x,xIn,abar,bbar){const scale=(1-abar)*(1-this.inputShare),rest=x.slice()
if(xIn)$28(rest,xIn,0,-abar-(1-abar)*this.inputShare)
const logits=this.squaredDistances(rest,scale),variance=(1-abar)**2*this.std**2*(1-this.inputShare)+ bbar*bbar,fromInput=this.inputLogits(xIn),nearest=variance>0?0:Math.min(...logits.filter((_,k)=>this.logPrior[k]>-Infinity))
for(let k=0;k<logits.length;k++){const certain=scale===0||logits[k]<=nearest?0:-Infinity,fromState=variance>0?-logits[k]/(2*variance):certain
logits[k]=this.logPrior[k]+ fromState+(fromInput?fromInput[k]:0)}
return $120(logits)}
predict(x,xIn,abar,bbar){const weights=this.posterior(x,xIn,abar,bbar),[x0,res]=[new Float64Array(this.size),new Float64Array(this.size)]
weights.forEach((weight,k)=>weight>1e-14&&$28(x0,this.means,k,weight))
const share=this.inputShare,variance=this.std**2*(1-share),gain=(1-abar)*variance/Math.max((1-abar)**2*variance+bbar*bbar,1e-300),eps=bbar===0?null:new Float64Array(this.size)
for(let i=0;i<x0.length;i++){const input=xIn?xIn[i]:0,mean=(1-share)*x0[i]+ share*input
x0[i]=mean+gain*(x[i]- abar*input-(1-abar)*mean)
res[i]=input-x0[i]
if(eps)eps[i]=(x[i]- abar*input-(1-abar)*x0[i])/bbar}
return{x0,res,eps,weights}}}
const mse=(x,target)=>{let total=0
for(let i=0;i<x.length;i++){const error=$34(x[i],-1,1)- target[i]
total+=error*error}
return total/x.length},psnr=(x,target)=>10*Math.log10(4/Math.max(mse(x,target),4e-10));
const P=(side,exponent,T,grid='count')=>{const x=range(T,i=>grid==='linspace'&&T>1?i/(T-1):(i+1)/T),weights=(side==='x'?x:x.reverse()).map(v=>v**exponent),total=sum(weights)
return weights.map(w=>w/total)},$74=(alpha,beta2)=>{const abar=$39(alpha)
if(Math.abs(last(abar)- 1)<1e-6)abar[abar.length-1]=1
return{abar,bbar:$39(beta2).map(Math.sqrt)}},$73=(abar,bbar,T)=>{const x=range(T+1,i=>i/T)
return{abar:x.map(abar),bbar:x.map(bbar)}},$72=products=>({abar:[0,...products.map(v=>1-Math.sqrt(v))],bbar:[0,...products.map(v=>Math.sqrt(1-v))]}),power=(T=1000,alpha=['1-x',1],beta2=['x',1],bbarT=1,grid='count')=>$74(P(...alpha,T,grid),P(...beta2,T,grid).map(v=>bbarT**2*v)),line=(T=1000,bbarT=1)=>$73(x=>x,x=>bbarT*x,T),circle=(T=1000)=>{const schedule=$73(x=>1-Math.cos(x*Math.PI/2),x=>Math.sin(x*Math.PI/2),T)
schedule.abar[T]=1
return schedule},bridge=(T=1000,height=.5)=>$73(x=>x,x=>2*height*Math.sqrt(x*(1-x)),T),ddimLinear=(T=1000,betaStart=1e-4,betaEnd=.02)=>{let product=1
const beta=i=>betaStart+(betaEnd-betaStart)*(T>1?i/(T-1):0)
return $72(range(T,i=>product*=1-beta(i)))},cosine=(T=1000)=>$72(range(T,i=>Math.cos((i+1)/T*Math.PI/2)**2)),$21=[['x','x, rising'],['1-x','1−x, falling']],$19={side_res:{initial:'1-x',label:'residual steps',options:$21},a_res:{initial:1,label:'residual exponent',limits:[0,5,.1]},side_eps:{initial:'x',label:'noise steps',options:$21},a_eps:{initial:1,label:'noise exponent',limits:[0,5,.1]},bbar_T:{initial:1,label:'noise at the start',limits:[0,2,.05]},height:{initial:.5,label:'height of the arch',limits:[.05,1,.05]}},$109=s=>[`P(${s.side_res}, ${+s.a_res.toFixed(2)}), P(${s.side_eps}, ${+s.a_eps.toFixed(2)}), β̄ = ${s.bbar_T}`],FAMILIES={power:{settings:['side_res','a_res','side_eps','a_eps','bbar_T'],make:s=>power(s.T,[s.side_res,s.a_res],[s.side_eps,s.a_eps],s.bbar_T),title:$109},line:{settings:['bbar_T'],make:s=>line(s.T,s.bbar_T),title:s=>['line, β̄ = {0}',s.bbar_T]},circle:{settings:[],make:s=>circle(s.T)},bridge:{settings:['height'],make:s=>bridge(s.T,s.height),title:s=>['bridge, {0}',s.height]},'ddim linear':{settings:[],make:s=>ddimLinear(s.T)},cosine:{settings:[],make:s=>cosine(s.T)}},makeSchedule=settings=>{const family=FAMILIES[settings.family]
if(!family)throw new Error(`no family '${settings.family}': there are ${Object.keys(FAMILIES).join(', ')}`)
return family.make({T:400,...settings})},$118=settings=>FAMILIES[settings.family]?.title?.(settings)??[settings.family],$117=schedule=>schedule.abar.map((abar,t)=>[abar,schedule.bbar[t]]),scheduleAt=(schedule,u)=>{const T=schedule.abar.length-1,t=Math.min(Math.floor(u*T),T-1),interpolate=values=>values[t]+(u*T-t)*(values[t+1]- values[t])
return[interpolate(schedule.abar),interpolate(schedule.bbar)]},timesteps=(T,steps)=>range(steps+1,i=>Math.floor(T*(steps-i)/steps)),rho=schedule=>schedule.abar.map((abar,t)=>schedule.bbar[t]/(1-abar));
const distance=([x,y],[x2,y2])=>Math.hypot(x-x2,y-y2),$128=path=>$79(last(path))?path:[...path,[0,0]],drawPath=(corners,steps=50)=>{const ends=$128(corners),lengths=$39(ends.slice(1).map((end,i)=>distance(end,ends[i])))
let i=0
return range(steps+1,step=>{if(step===steps)return[0,0]
const covered=last(lengths)*step/steps
while(i<ends.length-2&&lengths[i+1]<covered)i++
const share=lengths[i+1]>lengths[i]?(covered-lengths[i])/(lengths[i+1]- lengths[i]):0
return[0,1].map(axis=>ends[i][axis]+ share*(ends[i+1][axis]- ends[i][axis]))})},$15=['together','residual_first','noise_first'],samplingPath=(schedule,steps,order='together')=>{const T=schedule.abar.length-1,points=$117(schedule)
if(order==='together')return timesteps(T,steps).map(t=>points[t])
const half=Math.floor(steps/2),first=timesteps(T,steps-half).slice(1).map(t=>points[t]),second=timesteps(T,half).slice(1,-1).map(t=>points[t]),[abarT,bbarT]=points[T],between=order==='residual_first'?[...first.map(([abar])=>[abar,bbarT]),...second.map(([,bbar])=>[0,bbar])]:[...first.map(([,bbar])=>[abarT,bbar]),...second.map(([abar])=>[abar,0])]
return[[abarT,bbarT],...between,[0,0]]},branchPath=(path,step,order)=>{const[abar,bbar]=path[step],left=path.length-1-step
if(order==='together'||left<2)return path.slice(step)
return drawPath([[abar,bbar],order==='residual_first'?[0,bbar]:[abar,0],[0,0]],left)},$119=(path,tolerance=.03)=>{if(path.length<3)return path
const[start,end]=[path[0],last(path)],[dx,dy]=[end[0]- start[0],end[1]- start[1]],length=Math.hypot(dx,dy)||1e-9,offsets=path.map(([x,y])=>Math.abs(dx*(start[1]- y)-(start[0]- x)*dy)/length),furthest=offsets.indexOf(Math.max(...offsets))
if(offsets[furthest]<=tolerance)return[start,end]
const[before,after]=[path.slice(0,furthest+1),path.slice(furthest)]
return[...$119(before,tolerance).slice(0,-1),...$119(after,tolerance)]};
const $130=seed=>{let state=seed>>>0
return()=>{state=state+0x6D2B79F5>>>0
let bits=Math.imul(state ^ state>>>15,1|state)
bits=bits+Math.imul(bits ^ bits>>>7,61|bits)^ bits
return((bits ^ bits>>>14)>>>0)/4294967296}},normals=seed=>{const uniform=$130(seed),normal=()=>{const[u,v]=[uniform(),uniform()]
return Math.sqrt(-2*Math.log(1-u))*Math.cos(2*Math.PI*v)}
return n=>{const numbers=new Float64Array(n)
for(let i=0;i<n;i++)numbers[i]=normal()
return numbers}};
const $82=([abar,bbar])=>Math.log((1-abar)/bbar),SOLVERS={* euler(estimate){return estimate},* heun(estimate,{x,from,to}){if($79(to)||(from[1]===0)!==(to[1]===0))return estimate
const there=yield{x:reverseStep(x,estimate,from,to),point:to},mean=part=>estimate[part]?.map((v,i)=>(v+there[part][i])/2)
return{x0:mean('x0'),res:mean('res'),eps:mean('eps')}},* multistep({x0,res,eps},{from,to},before){const h=$82(to)- $82(from),back=before?$82(from)- $82(before.point):NaN
if(!Number.isFinite(h)||!Number.isFinite(back))return{x0,res,eps}
const share=(h/-Math.expm1(-h)- 1)/back,moved=(values,scale)=>values.map((v,i)=>v+scale*share*(x0[i]- before.x0[i]))
return{x0:moved(x0,1),res:moved(res,-1),eps:moved(eps,(from[0]- 1)/from[1])}}},solverFor=(solver,path)=>{const stays=(to,i)=>Math.abs($82(to)- $82(path[i]))<1e-9,still=path.every(([,bbar])=>bbar===0)||path.slice(1).some(stays)
return solver==='multistep'&&still?'euler':solver};
const $115=function*(xT,path,options={}){const{eta=0,posterior='sum_constrained',randn=null,solver='euler'}=options,run=[{x:xT}]
for(let i=0;i+1<path.length;i++){const[{x},from,to]=[run[i],path[i],path[i+1]],guess=yield{x,point:from},variance=posteriorVariance(posterior,from,to,eta)||0
run[i].x0=guess.x0
const estimate=yield*SOLVERS[solver](guess,{x,from,to},i&&{point:path[i-1],x0:run[i-1].x0})
run.push({x:reverseStep(x,estimate,from,to,variance,variance>0?randn(x.length):null)})}
return run},sampleSteps=(model,xT,xIn,path,options)=>{const run=$115(xT,path,options)
let stop=run.next(),evaluations=0
for(;!stop.done;evaluations++)stop=run.next(model.predict(stop.value.x,xIn,...stop.value.point))
return Object.assign(stop.value,{evaluations})};
const $80=value=>value!==null&&value!==undefined,said=(label,...values)=>{const words=globalThis.rddmLabels?.[label]??label
return values.length?words.replace(/{(.)}/g,(_,i)=>said(values[i])):words},$132=(element,...words)=>{element.textContent=said(...words)},$31=(element,attributes,children)=>{for(const[name,value]of Object.entries(attributes)){if(name.startsWith('on'))element.addEventListener(name.slice(2),value)
else if($80(value))element.setAttribute(name,['aria-label','alt'].includes(name)?said(value):value)}
element.append(...children.flat(Infinity).filter($80).map(child=>said(child)))
return element},h=(tag,attributes={},...children)=>$31(document.createElement(tag),attributes,children),svg=(tag,attributes={},...children)=>$31(document.createElementNS('http://www.w3.org/2000/svg',tag),attributes,children),button=(label,onclick)=>h('button',{type:'button',onclick},label),div=(className,...children)=>h('div',{class:className},...children),note=(...children)=>h('p',{class:'note'},...children),$37=color=>h('span',{class:'key',style:`background:${color}`}),bar=(percent,color)=>div('bar',h('i',{style:`width:${percent}%;background:${color}`})),$121=name=>name.replace('_',' '),hyphened=name=>name.replace('_','-'),twoDigits=value=>Number.isFinite(value)?value.toFixed(2):value>0?'∞':'–',$70=value=>value>60?'exact':value.toFixed(2),$69=point=>`(${point.map(twoDigits).join(', ')})`;
const $12=24,
$7=16,
initial=key=>$19[key].initial,$18={family:'power',...$110(Object.keys($19),initial),given:{}},$102=options=>options.map(option=>Array.isArray(option)?option:[option,option])
class UI{constructor(model,data,root){Object.assign(this,{model,data,root,outputs:{},syncs:[],limits:{},made:new Map(),more:[]})
this.first=this.controls=div('controls')}
fold(){this.controls=div('controls')
this.more=h('details',{},h('summary',{},'more to set'),this.controls)}
stories(stories){const story=([label,values])=>{const element=button(label,()=>this.set(values)),isSet=([key,value])=>JSON.stringify(value)===JSON.stringify(this.get(key))
this.syncs.push(()=>element.setAttribute('aria-pressed',Object.entries(values).every(isSet)))
return element}
return div('stories',Object.entries(stories).map(story))}
get(key){return this.model.get(key)}
set(values){for(const[key,value]of Object.entries(values))this.model.set(key,value)
this.model.save_changes()}
setWithin(values){const within=([key,value])=>[key,this.limits[key]?.(value)??value]
this.set(Object.fromEntries(Object.entries(values).map(within)))}
add(label,control,output,isShown){const element=h('label',{},h('span',{},label),control,output)
this.controls.append(element)
if(isShown)this.syncs.push(()=>{element.style.display=isShown()?'':'none'})}
slider(key,label,min,max,step,isShown){const largest=()=>typeof max==='function'?max():max
this.limits[key]=value=>$34(value,min,largest())
const oninput=()=>this.set({[key]:+input.value}),input=h('input',{type:'range',min,max:largest(),step,'data-k':key,oninput}),output=h('output',{'data-n':key})
this.syncs.push(()=>{input.max=largest()
input.value=this.get(key)
output.textContent=+(+this.get(key)).toFixed(3)})
this.add(label,input,output,isShown)}
select(key,label,options,isShown){const onchange=()=>this.set({[key]:typeof this.get(key)==='number'?+select.value:select.value}),elements=$102(options).map(([value,text])=>h('option',{value},text)),select=h('select',{'data-k':key,onchange},elements)
this.syncs.push(()=>{select.value=this.get(key)})
this.add(label,select,null,isShown)}
pairSelect(){this.select('pair','input',this.data.pairs.map((pair,i)=>[i,pair.name]))}
seedSlider(){this.slider('seed','another fog',1,20,1)}
familySelect(){const given=this.get('given')?.abar?['given']:[]
this.select('family','family',[...Object.keys(FAMILIES),...given])}
familySettings(){for(const[key,{label,options,limits}]of Object.entries($19)){const isShown=()=>FAMILIES[this.get('family')]?.settings.includes(key)??false
if(options)this.select(key,label,options,isShown)
else this.slider(key,label,...limits,isShown)}}
numbers(labels){return h('dl',{},Object.entries(labels).map(([key,label])=>{this.outputs[key]=h('output',{'data-n':key})
return[h('dt',{},label),h('dd',{},this.outputs[key])]}))}
show(values){for(const[key,value]of Object.entries(values))$132(this.outputs[key],value)}
settings(){return $110(['family',...Object.keys($19)],key=>this.get(key))}
schedule(settings=this.settings()){const given=this.get('given')
return settings.family==='given'&&given?.abar?given:makeSchedule(settings)}
pair(){return this.data.pairs[$34(this.get('pair'),0,this.data.pairs.length-1)]}
kept(values,make){const key=JSON.stringify(values)
if(this.made.size>$12)this.made.clear()
if(!this.made.has(key))this.made.set(key,make())
return this.made.get(key)}
noise(){const seed=this.get('seed')
return this.kept(['noise',seed],()=>normals(seed)(this.pair().x0.length))}
forward(point){const{x0,xIn}=this.pair()
return qSample(x0,xIn,this.noise(),...point)}
predictor(tau=$7,means=this.data.means){const{count,faces}=this.data,{generates}=this.pair()
return this.kept(['predictor',generates,tau,means.length],()=>new ExactPredictor(means,count,generates?{weights:range(count,i=>+(i>=faces))}:{tau}))}
coordinates(){const{x0,xIn}=this.pair(),[{span:known,coordinates},eps]=[this.data,this.noise()],span=known.with(xIn).with(eps),zeros=span.basis.slice(known.basis.length).fill(0),predictor=this.predictor($7,coordinates.flatMap(mean=>[...mean,...zeros]))
return{span,predictor,parts:[x0,xIn,eps].map(image=>span.coordinates(image))}}
restore(path,solver){const chosen=[this.get('pair'),this.get('seed')]
return this.kept([chosen,path,solver],()=>{const{span,predictor,parts}=this.kept(chosen,()=>this.coordinates()),run=sampleSteps(predictor,qSample(...parts,...path[0]),parts[1],path,{solver}),seen=({x,x0})=>({get x(){return span.image(x)},get x0(){return span.image(x0||x)}})
return Object.assign(run.map(seen),{evaluations:run.evaluations})})}}
const $129=x=>{const size=x.length/3,bytes=new Uint8ClampedArray(4*size).fill(255)
for(let i=0;i<size;i++){for(let channel=0;channel<3;channel++)bytes[4*i+channel]=(x[channel*size+i]+ 1)*127.5}
return bytes};
const $22=1e-9
class Span{constructor(images=[],basis=[],rows=[]){Object.assign(this,{images,basis,rows})}
with(image){const rest=image.slice()
for(const b of[...this.basis,...this.basis])$28(rest,b,0,-dot(b,rest))
const norm=Math.sqrt(dot(rest,rest))
if(norm<$22)return this
const basis=[...this.basis,rest.map(v=>v/norm)]
return new Span([...this.images,image],basis,[...this.rows,basis.map(b=>dot(b,image))])}
coordinates(image){return Float64Array.from(this.basis,b=>dot(b,image))}
image(coordinates){const[left,out]=[coordinates.slice(),new Float64Array(this.images[0].length)]
for(let k=left.length-1;k>=0;k--){const share=left[k]/this.rows[k][k]
this.rows[k].forEach((v,i)=>{left[i]-=share*v})
if(Math.abs(share)>$22)$28(out,this.images[k],0,share)}
return out}}
const COLORS={res:'#e07b00',eps:'#3b82d0',x0:'#2e9e5b',other:'#9b59b6'},$24=['#12a3a3','#d6457f','#a08a00','#7a6ff0','#b5651d'],CSS=`
:host,.fig{display:block;}.fig{font:15px/1.45 system-ui,sans-serif;color:inherit;margin:.6rem 0;container-type:inline-size;}.fig *{box-sizing:border-box;}.row{display:flex;flex-wrap:wrap;gap:.6rem 1.1rem;align-items:flex-start;}.pad{flex:1 1 17rem;min-width:0;max-width:30rem;}.side{flex:1 1 12rem;min-width:0;}svg{display:block;width:100%;height:auto;overflow:visible;}svg text{fill:currentColor;font-size:13px;}svg.touch{touch-action:none;cursor:crosshair;}.axis,.grid{stroke:currentColor;stroke-width:1;fill:none;}.grid{opacity:.18;}.curve{fill:none;stroke-width:2.5;stroke-linejoin:round;}.knob{cursor:grab;stroke:#fff;stroke-width:2;}.knob:focus-visible,canvas:focus-visible,button:focus-visible{outline:3px solid ${COLORS.eps};outline-offset:2px;}.controls{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.25rem 1rem;margin:.4rem 0;}label{display:flex;gap:.5rem;align-items:center;min-height:2rem;}label span{flex:0 1 auto;}label output{flex:0 0 3.2rem;text-align:right;font-variant-numeric:tabular-nums;}input[type=range]{flex:1 1 4rem;min-width:3rem;accent-color:${COLORS.eps};height:1.6rem;}select,button{font:inherit;color:inherit;background:transparent;border:1px solid currentColor;border-radius:5px;padding:.15rem .5rem;min-height:1.9rem;max-width:100%;}select{flex:1 1 auto;min-width:0;}option{color:CanvasText;background:Canvas;}button{cursor:pointer;}canvas{display:block;width:100%;height:auto;border:1px solid #8888;}figure{margin:0;}figcaption,.note{font-size:13px;}.pics{display:flex;flex-wrap:wrap;gap:.5rem;}.pics figure{flex:1 1 4.5rem;}.row > .pics{flex:2 1 18rem;}.frames{display:grid;grid-template-columns:repeat(auto-fit,minmax(4.5rem,1fr));gap:.5rem;}.stories{display:flex;flex-wrap:wrap;gap:.4rem;margin:.4rem 0;}button[aria-pressed=true]{background:${COLORS.eps}33;border-width:2px;}details{margin:.3rem 0;}summary{cursor:pointer;}.bar{height:7px;background:#8884;margin-top:3px;}.bar i{display:block;height:100%;}dl{display:grid;grid-template-columns:auto auto;gap:.1rem .8rem;margin:.4rem 0;width:fit-content;}dt,dd{margin:0;}dd{font-variant-numeric:tabular-nums;text-align:right;}.strip{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(3.5rem,6rem);gap:4px;}.strip{overflow-x:auto;padding:2px;}.key{display:inline-block;width:.8em;height:.8em;margin-right:.35em;border-radius:2px;}ul{list-style:none;margin:.2rem 0;padding:0;}.line{cursor:pointer;outline:none;}.line .curve{opacity:.65;stroke-width:2;}.line:is(:hover,:focus-visible) .curve{opacity:1;stroke-width:5;}.touched{fill:none;stroke-width:14;pointer-events:stroke;}.still,svg .name{pointer-events:none;}svg .name{fill:currentColor !important;}svg .chosen{font-weight:700;}@container (max-width:38rem){svg text{font-size:15px;}}@container (max-width:30rem){.wide svg text{font-size:21px;}svg .name:not(.chosen){display:none;}}@media print{.fig{break-inside:avoid;}}`;
const SIDE=64,
$41=async base64=>{const bytes=Uint8Array.from(atob(base64),c=>c.charCodeAt(0)),stream=new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))
let value=0
return Float64Array.from(new Uint8Array(await new Response(stream).arrayBuffer()),step=>{value=value+step&255
return value/127.5-1})},unpack=async({images,inputs,pairs,count,faces,metro})=>{const[means,degraded]=await Promise.all([images,inputs].map($41)),size=means.length/count,image=(i,of=means)=>of.subarray(i*size,(i+1)*size),generation={name:'nothing (generation)',generates:true,image:faces,xIn:new Float64Array(size)},all=[...pairs.map((pair,i)=>({...pair,xIn:image(i,degraded)})),generation],known=range(count,i=>image(i)),span=known.reduce((sofar,x)=>sofar.with(x),new Span()),coordinates=known.map(x=>span.coordinates(x)),whole=all.map(pair=>({...pair,x0:image(pair.image)}))
return{means,count,faces,image,span,coordinates,pairs:whole,metro}},$77=(label,size=128)=>h('canvas',{width:SIDE,height:SIDE,role:'img','aria-label':label,style:`max-width:${size}px`}),$32=(canvas,caption)=>h('figure',{style:canvas.getAttribute('style')},canvas,h('figcaption',{},caption)),$49=(canvas,x)=>canvas.getContext('2d').putImageData(new ImageData($129(x),canvas.width,canvas.height),0,0),$55=(canvas,res)=>{const n=res.length/3,tints=[[224,123,0],[110,60,170]]
$49(canvas,res.map((_,i)=>{const value=$34((res[i % n]+ res[i % n+n]+ res[i % n+2*n])/3.6,-1,1),color=tints[+(value<0)][Math.floor(i/n)]
return 1+Math.abs(value)*(color/127.5-2)}))},$112=(pair,x)=>pair.generates?'no truth':$70(psnr(x,pair.x0)),$122=(element,items,make)=>{while(element.children.length>items.length)element.lastChild.remove()
while(element.children.length<items.length)element.append(make(element.children.length))
return[...element.children]},$114=(n=9)=>{const strip=div('strip')
strip.show=(run,label)=>{if(strip.run===run)return
const frames=$61(run,n)
$122(strip,frames,()=>$77('')).forEach((canvas,i)=>{canvas.setAttribute('aria-label',said('{0}, frame {1} of {2}',label,i+1,frames.length))
$49(canvas,frames[i].x)})
strip.run=run}
return strip};
const $105=state=>{const values={...state},listeners={}
return{keys:()=>Object.keys(values),get:key=>values[key],set(key,value){if(values[key]===value)return
values[key]=value
for(const listener of listeners[`change:${key}`]||[])listener()},on(event,listener){(listeners[event]||=[]).push(listener)},off(){},save_changes(){}}},text=JSON.stringify,$71=(kind,state)=>{const fits=([key,value])=>value!==null&&typeof value===typeof state[key]&&Array.isArray(value)===Array.isArray(state[key])
try{const given=JSON.parse(new URLSearchParams(location.search).get(kind))??{}
return Object.fromEntries(Object.entries(given).filter(fits))}catch{return{}}},$29=(kind,state,model)=>{let timer=null
const keep=()=>{const changed=Object.keys(state).filter(key=>text(model.get(key))!==text(state[key])),url=new URL(location)
url.searchParams.delete(kind)
if(changed.length)url.searchParams.set(kind,text($110(changed,key=>model.get(key))))
if(url.href!==location.href)history.replaceState(history.state,'',url)}
return()=>{clearTimeout(timer)
timer=setTimeout(keep,300)}},colorScheme=element=>{const[red,green,blue]=getComputedStyle(element).color.match(/[\d.]+/g)||[0,0,0]
return .3*red+.59*green+.11*blue>128?'dark':'light'},$101=callback=>{const watched={attributes:true,attributeFilter:['class','data-jp-theme-light']}
if(typeof MutationObserver==='function')new MutationObserver(callback).observe(document.body,watched)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change',callback)},$30=callback=>{let waits=false
return()=>{if(waits)return
waits=true
queueMicrotask(()=>{waits=false
callback()})}},$68=(element,root,callback)=>{const follow=()=>{root.style.colorScheme=colorScheme(element)}
follow()
$101(()=>{follow()
callback()})};
const $8={left:52,right:14,top:12,bottom:40}
let ids=0
const $98=prefix=>`${prefix}${++ids}`,$126=(low,high)=>{const step=high-low>2.5?1:.5,first=Math.ceil(low/step)*step
return range(Math.floor((high+1e-9-first)/step)+ 1,i=>first+i*step)},$125=(value,attributes)=>svg('text',attributes,String(+value.toFixed(2)))
class Axes{constructor({xRange=[0,1],yMax,width=360,height=300,draggable=false,label='the plane',...labels}){const{left,right,top,bottom}=$8
Object.assign(this,{xRange,yMax,width,height})
this.innerWidth=width-left-right
this.innerHeight=height-top-bottom
const id=$98('clip')
this.curves=svg('g',{'clip-path':`url(#${id})`})
this.marks=svg('g')
const attributes={viewBox:`0 0 ${width} ${height}`,class:draggable?'touch':'',role:'group'}
this.svg=svg('svg',{...attributes,'aria-label':label},this.grid(),this.clipPath(id),this.frame(),this.axisLabels(labels),this.curves,this.marks)}
grid(){const[left,right]=this.xRange.map(x=>this.px(x)),line=d=>svg('path',{class:'grid',d}),vertical=x=>[line(`M${this.px(x)} ${this.py(0)}V${this.py(this.yMax)}`),$125(x,{x:this.px(x),y:this.height-24,'text-anchor':'middle'})],horizontal=y=>[line(`M${left} ${this.py(y)}H${right}`),$125(y,{x:$8.left-6,y:this.py(y)+ 4,'text-anchor':'end'})]
return[$126(...this.xRange).map(vertical),$126(0,this.yMax).map(horizontal)]}
clipPath(id){const box={x:$8.left-3,y:$8.top-3,width:this.innerWidth+6,height:this.innerHeight+6}
return svg('defs',{},svg('clipPath',{id},svg('rect',box)))}
frame(){const[left,right]=this.xRange.map(x=>this.px(x))
return svg('path',{class:'axis',d:`M${left} ${this.py(this.yMax)}V${this.py(0)}H${right}`})}
axisLabels({xLabel='ᾱ: how much residual',yLabel='β̄: how much noise'}){const middle=this.height/2-14,turned={x:14,y:middle,'text-anchor':'middle',transform:`rotate(-90 14 ${middle})`}
return[svg('text',{x:this.width/2+12,y:this.height-6,'text-anchor':'middle'},xLabel),svg('text',turned,yLabel)]}
px(x){const[low,high]=this.xRange
return $8.left+(x-low)/(high-low)*this.innerWidth}
py(y){return this.height-$8.bottom-y/this.yMax*this.innerHeight}
clampPoint([x,y]){return[$34(x,...this.xRange),$34(y,0,this.yMax)]}
pointOf(event){const box=this.svg.getBoundingClientRect(),scale=this.width/box.width,[low,high]=this.xRange,across=((event.clientX-box.left)*scale-$8.left)/this.innerWidth,up=(this.height-$8.bottom-(event.clientY-box.top)*scale)/this.innerHeight
return this.clampPoint([low+across*(high-low),up*this.yMax])}
clear(){this.curves.replaceChildren()
this.marks.replaceChildren()}
curve(points,color,attributes={}){const drawn=points.map(([x,y])=>[this.px(x),this.py($34(y,-1,this.yMax+1))]),d=drawn.map(([x,y],i)=>`${i ? 'L' : 'M'}${x.toFixed(2)} ${y.toFixed(2)}`).join('')
return this.curves.appendChild(svg('path',{class:'curve',d,stroke:color,...attributes}))}
dot([x,y],color,attributes={}){return this.mark('circle',{cx:this.px(x),cy:this.py(y),r:5,fill:color,...attributes})}
mark(tag,attributes){return this.marks.appendChild(svg(tag,attributes))}
text([x,y],words,attributes={}){return this.marks.appendChild(svg('text',{x:this.px(x)+ 8,y:this.py(y)- 8,...attributes},words))}}
const $9=[-1,1],$6=.5,$5=1.5,GRID=range(241,i=>-3+i/40),$14=Object.keys($16),$4=[[COLORS.res,5],[COLORS.eps,3],[COLORS.x0,1.5]],$40=name=>$4[$14.indexOf(name)% $4.length],$100=(x,mean,variance)=>Math.exp(-((x-mean)**2)/(2*variance))/Math.sqrt(2*Math.PI*variance),stepDistributions=(schedule,t,s,eta,x)=>{const[from,to]=[scheduleAt(schedule,t),scheduleAt(schedule,s)],state=Float64Array.of(x),estimate=new ExactPredictor($9,$9.length).predict(state,Float64Array.of($6),...from)
return $110($14,name=>{const variance=posteriorVariance(name,from,to,eta)
if(Number.isNaN(variance))return null
return{mean:reverseStep(state,estimate,from,to,variance)[0],sigma:Math.sqrt(variance)}})},$35=density=>GRID.map(x=>[x,Math.min($5,density(x))]),$95=([abar,bbar])=>{const variance=Math.max(bbar*bbar,1e-4),density=(x,mode)=>$100(x,(1-abar)*mode+$6*abar,variance)
return $35(x=>$9.reduce((total,mode)=>total+.5*density(x,mode),0))},$99=({mean,sigma})=>sigma>.02?$35(x=>$100(x,mean,sigma**2)):[[mean,0],[mean,$5]],$83=(ui,axes)=>{ui.slider('eta','η',0,1,.01)
ui.slider('x','the state at t',-2.5,2.5,.05)
ui.slider('s','to s/T',0,.95,.01)
ui.fold()
ui.slider('t','from t/T',.05,1,.01)
ui.familySelect()
ui.familySettings()
const $92=$14.map(name=>[$37($40(name)[0]),hyphened(name)+ '\u2003']),numbers=ui.numbers($110($14,name=>`${hyphened(name)} σ`))
ui.root.append(div('wide',axes.svg),note('grey: all states at t; dashed: all states at s; ',$92),div('row',numbers))},$60={state:{...$18,family:'circle',t:.7,s:.4,eta:1,x:.2},stories:{'no fresh noise':{eta:0},'all of it':{eta:1},'a short step':{t:.7,s:.65},'a long step':{t:.7,s:.1},'no bridge here':{family:'power'}},tip:'One state, one step: the colored curves say where it may land. Without fresh noise they are lines: the step is certain. The more of it, the wider they are; the dashed curve, of all states at s, stays the same.',draw(ui){const labels={xLabel:'value of the one pixel',yLabel:'density',label:'densities before and after a step'},axes=new Axes({xRange:[-3,3],yMax:$5,width:640,height:280,...labels})
$83(ui,axes)
return()=>{const[schedule,t,x]=[ui.schedule(),ui.get('t'),ui.get('x')],s=Math.min(ui.get('s'),t)
axes.clear()
axes.curve($95(scheduleAt(schedule,t)),'#8a8a8a')
axes.curve($95(scheduleAt(schedule,s)),'currentColor',{'stroke-dasharray':'6 4','stroke-width':1.5})
axes.dot([x,0],'#8a8a8a',{r:7})
axes.text([x,0],'state')
for(const[name,normal]of Object.entries(stepDistributions(schedule,t,s,ui.get('eta'),x))){const[color,width]=$40(name)
ui.show({[name]:normal?normal.sigma.toFixed(4):'does not exist'})
if(normal)axes.curve($99(normal),color,{'stroke-width':width})}}}};
const $0={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,1],ArrowDown:[0,-1]},KEY_STEP=.02,$81=(event,[x,y],axes)=>{const direction=$0[event.key]
if(!direction)return null
const step=event.shiftKey?5*KEY_STEP:KEY_STEP
return axes.clampPoint([x+direction[0]*step,y+direction[1]*step]).map(v=>+v.toFixed(4))},$75=(axes,color,label,getPoint,movePoint)=>{const claim=event=>{event.preventDefault()
event.stopPropagation()},onkeydown=event=>{const target=$81(event,getPoint(),axes)
if(!target)return
claim(event)
movePoint(target)},onpointerdown=event=>{claim(event)
circle.focus()
circle.setPointerCapture(event.pointerId)
circle.onpointermove=move=>movePoint(axes.pointOf(move))},release=()=>{circle.onpointermove=null},circle=svg('circle',{class:'knob',r:9,fill:color,tabindex:0,role:'slider','aria-label':label,'aria-valuemin':0,'aria-valuemax':1,onkeydown,onpointerdown,onpointerup:release,onpointercancel:release})
circle.sync=()=>{const[x,y]=getPoint(),text=said('abar {0}, bbar {1}',twoDigits(x),twoDigits(y))
$31(circle,{cx:axes.px(x),cy:axes.py(y),'aria-valuenow':+x.toFixed(3),'aria-valuetext':text},[])}
return circle};
const $108=(ui,axes)=>{const move=([abar,bbar])=>ui.set({abar,bbar}),point=$75(axes,COLORS.other,'place on the plane',()=>[ui.get('abar'),ui.get('bbar')],move)
axes.svg.append(point)
axes.svg.addEventListener('pointerdown',event=>{move(axes.pointOf(event))
point.dispatchEvent(new PointerEvent('pointerdown',{pointerId:event.pointerId}))})
return point},$88=(ui,axes,images)=>{ui.slider('abar','residual ᾱ',0,1,.01)
ui.slider('bbar','noise β̄',0,1.5,.01)
ui.pairSelect()
ui.fold()
ui.seedSlider()
const parts=div('pics',$32(images.x0,'clean'),$32(images.xIn,'input'),$32(images.res,'residual')),numbers=ui.numbers({psnr:'PSNR to the clean image, dB',rho:'noise per clean share ρ'}),side=div('side',$32(images.x,'state here'),numbers,parts)
ui.root.append(div('row',div('pad',axes.svg),side))},plane={state:{abar:.5,bbar:.3,pair:0,seed:1},payload:true,stories:{'the clean image':{abar:0,bbar:0},'the input':{abar:1,bbar:0},'a little noise on it':{abar:1,bbar:.4},'all noise':{abar:1,bbar:1.5}},tip:'Drag the purple point: to the right comes the rain, upwards the noise. Beside it you see what it holds.',draw(ui){const axes=new Axes({yMax:1.5,draggable:true,label:'plane of residual and noise'}),point=$108(ui,axes),images={x0:$77('the clean image'),xIn:$77('the input'),res:$77('the residual'),x:$77('the state',256)}
$88(ui,axes,images)
return()=>{const{x0,xIn}=ui.pair(),[abar,bbar]=[ui.get('abar'),ui.get('bbar')],x=ui.forward([abar,bbar])
axes.clear()
axes.curve([[0,0],[abar,0]],COLORS.res)
axes.curve([[abar,0],[abar,bbar]],COLORS.eps)
axes.dot([0,0],COLORS.x0)
axes.text([0,0],'clean')
axes.text([1,0],'input',{'text-anchor':'end',dx:-14})
point.sync()
$49(images.x0,x0)
$49(images.xIn,xIn)
$55(images.res,xIn.map((v,i)=>v-x0[i]))
$49(images.x,x)
ui.show({psnr:$70(psnr(x,x0)),rho:twoDigits(bbar/(1-abar))})}}};
const $25=2,$13=4,$124=schedule=>{const points=$117(schedule),step=Math.max(1,Math.ceil((points.length-1)/100))
return[...points.slice(0,-1).filter((_,t)=>t % step===0),last(points)]},$103=values=>{const T=values.length-1,step=Math.ceil(T/100),points=Array.from(values,(value,t)=>[t/T,value])
return points.filter(([,v],t)=>Number.isFinite(v)&&v<=$25&&(t % step===0||t===T))},$113=([abar,bbar])=>{if(abar===1)return bbar===0?'undefined':'∞'
return(bbar/(1-abar)).toFixed(4)},$92=()=>{const entry=(color,words)=>h('span',{},$37(color),words+'\u2003')
return div('note',entry(COLORS.res,'ᾱ'),entry(COLORS.eps,'β̄'),entry(COLORS.other,'ρ = β̄/(1−ᾱ)'),'□ SM-N divides by 1−ᾱ = 0\u2003△ SM-Res divides by β̄ = 0\u2003● start\u2003○ clean')},$90=(ui,plane,time,list)=>{ui.familySelect()
ui.slider('u','where: t/T',0,1,.01)
ui.fold()
ui.familySettings()
const pin=()=>ui.set({pins:[...ui.get('pins'),ui.settings()].slice(-$13)}),pins=h('div',{},button('pin this curve',pin),' ',button('clear pins',()=>ui.set({pins:[]})),list),numbers=ui.numbers({abar:'ᾱ',bbar:'β̄',rho:'ρ',end:'starts from (ᾱ, β̄)'}),axes=div('row',div('pad',plane.svg),div('pad',time.svg))
ui.root.append(axes,$92(),div('row',numbers,pins))},$54=(ui,plane,list)=>{list.replaceChildren()
ui.get('pins').forEach((pin,i)=>{const settings={...ui.settings(),...pin}
plane.curve($124(ui.schedule(settings)),$24[i],{'stroke-dasharray':'7 4'})
list.append(h('li',{},$37($24[i]),said(...$118(settings))))})},$48=(plane,[abar,bbar])=>{const outline=color=>({fill:'none',stroke:color}),triangle=x=>plane.mark('path',{d:`M${plane.px(x) - 11} ${plane.py(0) + 8}h22l-11 -20z`,...outline(COLORS.eps)}),square={x:plane.px(abar)- 9,y:plane.py(bbar)- 9,width:18,height:18}
plane.dot([0,0],'none',{stroke:COLORS.x0,'stroke-width':3,r:6})
plane.dot([abar,bbar],'currentColor',{r:4.5})
triangle(0)
if(abar===1)plane.mark('rect',{...square,...outline(COLORS.res)})
if(bbar===0)triangle(abar)},$58=(time,schedule,u)=>{time.clear()
time.curve($103(rho(schedule)),COLORS.other)
time.curve($103(schedule.abar),COLORS.res)
time.curve($103(schedule.bbar),COLORS.eps)
time.curve([[u,0],[u,$25]],'currentColor',{'stroke-width':1,'stroke-dasharray':'3 3'})},$116={state:{...$18,u:.5,pins:[]},stories:{'a straight line':{family:'line',bbar_T:1},'the residual late':{family:'power',side_res:'x',a_res:3},'the residual early':{family:'power',side_res:'1-x',a_res:3},'a bridge':{family:'bridge'},'generation: DDIM':{family:'ddim linear'}},tip:'The black curve is the way of a run: it begins at the dot and ends at the ring. Move “where” along it, and pin a curve to compare it with the next.',draw(ui){const plane=new Axes({yMax:$25,label:'schedules on the plane'}),labels={xLabel:'time t/T',yLabel:'coefficients',label:'coefficients against time'},time=new Axes({yMax:$25,...labels}),list=h('ul',{'aria-label':'pinned curves'})
$90(ui,plane,time,list)
return()=>{const[schedule,u]=[ui.schedule(),ui.get('u')],point=scheduleAt(schedule,u),end=last($117(schedule))
plane.clear()
$54(ui,plane,list)
plane.curve($124(schedule),'currentColor')
$48(plane,end)
plane.dot(point,COLORS.other,{r:6})
$58(time,schedule,u)
const[abar,bbar]=point.map(v=>v.toFixed(4))
ui.show({abar,bbar,rho:$113(point),end:`(${end.map(v => +v.toFixed(3)).join(', ')})`})}}};
const percent=share=>$34(100*share,0,100),frame=(x,[abar,bbar],bbarMax)=>{const canvas=$77(said('abar {0}, bbar {1}',twoDigits(abar),twoDigits(bbar)),200)
$49(canvas,x)
const style=canvas.getAttribute('style')
return h('figure',{class:'frame',style,'data-abar':abar,'data-bbar':bbar},canvas,bar(percent(abar),COLORS.res),bar(percent(bbar/bbarMax),COLORS.eps),h('figcaption',{},`${twoDigits(abar)}, ${twoDigits(bbar)}`))},$67={state:{...$18,frames:6,pair:0,seed:1},payload:true,stories:{'rain without noise':{family:'power',bbar_T:0},'a little noise':{family:'power',bbar_T:.4},'much noise':{family:'power',bbar_T:1.5},'a bridge: noise midway only':{family:'bridge'},'a face becomes noise':{family:'power',bbar_T:1,pair:5}},tip:'Read from left to right: the clean image turns into the start of a restoration. The orange bar is the share of the residual, the blue one the noise.',draw(ui){const frames=div('frames')
ui.pairSelect()
ui.slider('frames','frames',2,12,1)
ui.familySelect()
ui.fold()
ui.familySettings()
ui.seedSlider()
const $92=note($37(COLORS.res),'share of the residual ᾱ\u2003',$37(COLORS.eps),'noise β̄, as a share of its largest')
ui.root.append(frames,$92)
return()=>{const[schedule,count]=[ui.schedule(),ui.get('frames')],bbarMax=Math.max(...schedule.bbar)||1,points=range(count,i=>scheduleAt(schedule,i/(count-1)))
frames.replaceChildren(...points.map(point=>frame(ui.forward(point),point,bbarMax)))}}};
const $3=64,RING=range(8,k=>[Math.cos(k*Math.PI/4),Math.sin(k*Math.PI/4)]),particles=(path,seed,solver)=>{const model=new ExactPredictor(RING.flat(),RING.length,{std:.05}),eps=normals(seed)(2*$3),[abar,bbar]=path[0],start=i=>Float64Array.from(RING[i % RING.length],(v,axis)=>(1-abar)*v+bbar*eps[2*i+axis]),trajectories=range($3,i=>sampleSteps(model,start(i),null,path,{solver}).map(step=>step.x)),ends=trajectories.map(last),offsets=ends.map(end=>Math.min(...RING.map(mode=>distance(mode,end)))),reached=new Set(ends.map(end=>RING.findIndex(mode=>distance(mode,end)<.1)))
reached.delete(-1)
return{trajectories,distance:sum(offsets)/$3,modes:reached.size}};
const $23=[[1,1],[.5,.5],[0,0]],MANY={steps:40,solver:'euler',at:1},$17={straight:$23,'quarter circle':[[1,1],[.6,.916],[.3,.714],[.1,.436],[0,0]],'residual first: all eight':[[1,1],[0,1],[0,0]],'noise first: the average':[[1,1],[1,0],[0,0]]},pinned=corners=>{const between=corners.slice(1,-1)
return[[1,corners[0][1]],...between,[0,0]].map(point=>point.map(v=>+v.toFixed(3)))},$131=corners=>{const[[x,y],[x2,y2]]=corners.slice(-2)
return[...corners.slice(0,-1),[(x+x2)/2,(y+y2)/2],last(corners)]},$36=()=>h('canvas',{width:300,height:300,role:'img','aria-label':'particles walking to eight places on a ring',style:'max-width:200px;flex-basis:10rem'}),$47=(canvas,trajectories,step)=>{const context=canvas.getContext('2d'),px=([x,y])=>[x,-y].map(v=>canvas.width/2+v*canvas.width/4.4),circle=(point,radius)=>{context.beginPath()
context.arc(...px(point),radius,0,7)}
context.clearRect(0,0,canvas.width,canvas.height)
context.lineWidth=1
trajectories.forEach((trajectory,i)=>{context.strokeStyle=$24[i % $24.length]+ '70'
context.beginPath()
trajectory.slice(0,step+1).forEach(point=>context.lineTo(...px(point)))
context.stroke()})
context.strokeStyle=COLORS.x0
context.lineWidth=3
for(const mode of RING){circle(mode,9)
context.stroke()}
context.fillStyle=getComputedStyle(canvas).color
for(const trajectory of trajectories){circle(trajectory[Math.min(step,trajectory.length-1)],3)
context.fill()}},$27=axes=>{const id=$98('glow'),stop=(offset,opacity)=>svg('stop',{offset,'stop-color':'#ffb020','stop-opacity':opacity}),gradient=svg('defs',{},svg('radialGradient',{id},stop(0,.95),stop(1,0))),disc=svg('circle',{cx:axes.px(1),cy:axes.py(0),r:46,fill:`url(#${id})`}),glow=svg('g',{},gradient,disc)
axes.svg.insertBefore(glow,axes.curves)
return glow},$46=(axes,setCorners)=>{let drawn=null
axes.svg.addEventListener('pointerdown',event=>{event.preventDefault()
axes.svg.setPointerCapture(event.pointerId)
drawn=[axes.pointOf(event)]})
axes.svg.addEventListener('pointermove',event=>{if(!drawn)return
drawn.push(axes.pointOf(event))
axes.curve(drawn,COLORS.other,{opacity:.5})})
axes.svg.addEventListener('pointerup',()=>{if(drawn?.length>4)setCorners($119([[1,drawn[0][1]],...drawn.slice(1),[0,0]]))
drawn=null})},$123=(ui,axes,handles)=>{const corners=ui.get('points'),move=(i,point)=>{const moved=[...ui.get('points')]
moved[i]=point
ui.set({points:pinned(moved)})},cornerHandle=i=>{const[color,label]=i?[COLORS.other,said('point {0} of the path',i)]:[COLORS.res,'start of the path']
return $75(axes,color,label,()=>ui.get('points')[i]||[0,0],point=>move(i,point))}
for(const child of $122(handles,corners.slice(1),cornerHandle))child.sync()},$87=(ui,axes,cloud,images,film)=>{ui.slider('at','how far along the path',0,1,.01)
ui.slider('steps','steps',2,80,1)
ui.select('solver','solver',Object.keys(SOLVERS))
ui.fold()
ui.pairSelect()
ui.seedSlider()
const addPoint=()=>ui.set({points:pinned($131(ui.get('points')))})
ui.controls.append(button('add a point',addPoint))
const numbers=ui.numbers({distance:'particles: distance to the data',modes:'places reached, of 8',evaluations:'evaluations',psnr:'image: PSNR, dB',psnr_in:'its input: PSNR, dB'}),results=div('pics',$32(cloud,'particles'),$32(images.x,'restored'),$32(images.xIn,'input'),$32(images.x0,'clean')),side=div('side',results,numbers)
ui.root.append(div('row',div('pad',axes.svg),side),film)},$44=(axes,glow,path,step)=>{axes.clear()
axes.curve(path,COLORS.other)
axes.dot([0,0],COLORS.x0,{r:7})
axes.text([0,0],'clean')
axes.dot(path[step],'currentColor')
const nearest=Math.min(...path.map(point=>distance(point,[1,0])))
glow.setAttribute('opacity',$34(1.1-nearest,.25,1))},$56=(ui,images,film,run,step)=>{const pair=ui.pair()
$49(images.x0,pair.x0)
$49(images.xIn,pair.xIn)
$49(images.x,run[step].x)
film.show(run,'the image along the path')
ui.show({psnr:$112(pair,last(run).x),psnr_in:$112(pair,pair.xIn)})},$107={state:{...MANY,points:$23,pair:0,seed:1},payload:true,stories:{...$110(Object.keys($17),name=>({...MANY,points:$17[name]})),'five steps':{...MANY,points:$23,steps:5},'five of second order':{...MANY,points:$23,steps:5,solver:'heun'}},tip:'Drag a line from the right edge to the corner at the left, or move its points by hand or arrow keys. Try to pass the glowing corner: nothing is left there but the input, all particles meet, and none finds its place again. Take five steps: the particles stop short of their places. Multistep brings them nearer at no price, heun still nearer, but asks twice a step.',draw(ui){const label='draw a path from the right to the clean image',axes=new Axes({yMax:1.5,draggable:true,label}),images={x0:$77('the clean image'),xIn:$77('the input'),x:$77('the image restored along the path')},[cloud,handles,film]=[$36(),svg('g'),$114()],glow=$27(axes)
axes.svg.append(handles)
$46(axes,corners=>ui.set({points:pinned(corners),at:1}))
$87(ui,axes,cloud,images,film)
return()=>{const path=drawPath(ui.get('points'),ui.get('steps')),step=Math.round(ui.get('at')*(path.length-1)),solver=solverFor(ui.get('solver'),path),swarm=particles(path,ui.get('seed'),solver),run=ui.restore(path,solver)
$44(axes,glow,path,step)
$123(ui,axes,handles)
$56(ui,images,film,run,step)
$47(cloud,swarm.trajectories,step)
const words=solver===ui.get('solver')?'{0}':'{0}, by euler: ρ stands still',evaluations=said(words,run.evaluations)
ui.show({distance:swarm.distance.toFixed(3),modes:swarm.modes,evaluations})}}};
const $20=8,$59=weights=>weights.reduce((total,w)=>w>0?total-w*Math.log(w):total,0),vote=(ui,weights,i)=>{const canvas=$77(said('known image {0}',i))
$49(canvas,ui.data.image(i))
const color=i===ui.pair().image?COLORS.x0:COLORS.other
return h('figure',{'data-i':i,style:canvas.getAttribute('style')},canvas,bar(100*weights[i],color),h('figcaption',{},`${(100*weights[i]).toFixed(1)} %`))},$84=(ui,images,votes)=>{ui.slider('bbar','noise β̄',.1,40,.1)
ui.slider('abar','residual ᾱ',0,.99,.01)
ui.pairSelect()
ui.fold()
ui.seedSlider()
const numbers=ui.numbers({rho:'noise level ρ',voters:'images that vote, in effect',truth:'vote for the true one',psnr:'best guess: PSNR, dB'}),shown=div('pics',$32(images.x,'state'),$32(images.mean,'best guess'),$32(images.x0,'clean'))
ui.root.append(div('row',shown,div('side',numbers)),votes)},lens={state:{abar:.5,bbar:12,pair:0,seed:1},payload:true,stories:{'one has all votes':{bbar:4},'a contest':{bbar:12},'nobody knows':{bbar:40},'which face?':{pair:5,abar:0,bbar:25}},tip:'Turn up the noise: more and more images may be the clean one, and their mean, the best guess, gets blurred. Turn it down: one of them gets all votes, and the guess is sharp.',draw(ui){const images={x:$77('the state',200),mean:$77('the mean of the votes',200),x0:$77('the clean image',200)},votes=h('div',{class:'frames','aria-label':'images that vote'})
$84(ui,images,votes)
return()=>{const{x0,xIn,image}=ui.pair(),[abar,bbar]=[ui.get('abar'),ui.get('bbar')],x=ui.forward([abar,bbar]),estimate=ui.predictor(null).predict(x,xIn,abar,bbar),{weights}=estimate,ranked=[...weights.keys()].sort((i,j)=>weights[j]- weights[i]).slice(0,$20)
$49(images.x,x)
$49(images.mean,estimate.x0)
$49(images.x0,x0)
votes.replaceChildren(...ranked.map(i=>vote(ui,weights,i)))
const voters=Math.exp($59(weights)).toFixed(2),truth=weights[image].toFixed(4)
ui.show({rho:twoDigits(bbar/(1-abar)),voters,truth,psnr:$70(psnr(estimate.x0,x0))})}}};
const $1=2,LATEST=2026,$93=([abar,bbar])=>Math.log($34(bbar/(1-abar||1e-9),1e-3,1e3)),$97=(schedule,point)=>{const offset=p=>Math.abs($93(p)- $93(point))+ 1e-3*distance(p,point),offsets=$117(schedule).map(offset)
return offsets.indexOf(Math.min(...offsets))},$33=(one,two,share)=>{const leaves=Math.round(share*(one.abar.length-1))
return[leaves,$97(two,$117(one)[leaves])]},switchPath=(one,two,share)=>{const[leaves,joins]=$33(one,two,share),first=$117(one).slice(leaves).reverse(),second=$117(two).slice(0,joins+1).reverse(),path=[...first,...second]
return $128(path.filter((point,i)=>i===0||distance(point,path[i-1])>1e-9))},$64=$110(Object.keys($16),(_,i)=>$24[i]),$38=({family})=>$64[family]??$24[3],lines=methods=>{const shape=({abar,bbar})=>[.25,.5,.75].map(u=>scheduleAt({abar,bbar},u).map(v=>v.toFixed(2))).join(),byShape={}
for(const method of methods)(byShape[shape(method)]||=[]).push(method)
return Object.values(byShape)},$106=methods=>methods.map(({name,source})=>`${name}: ${source}`).join('; '),$78=(ui,{family,source,year})=>[family,''].includes(ui.get('only'))&&[source,''].includes(ui.get('paper'))&&year<=ui.get('until'),$94=(ui,axes,methods,tell)=>{const points=$117(methods[0]),shown=()=>methods.filter(method=>$78(ui,method)),change=()=>{const names=shown().map(({name})=>name)
ui.set({then:names[(names.indexOf(ui.get('then'))+ 1)% names.length]})},onkeydown=event=>{if(event.key!=='Enter'&&event.key!==' ')return
event.preventDefault()
change()},listeners={onclick:change,onkeydown,onpointerenter:()=>tell(shown()),onfocus:()=>tell(shown())},attributes={class:'line',tabindex:0,role:'button','aria-label':$106(methods)},path=axes.curve(points,$38(methods[0])),line=svg('g',{...attributes,...listeners},path,axes.curve(points,'transparent',{class:'touched'}))
ui.syncs.push(()=>{const[first]=shown()
line.style.display=first?'':'none'
if(first)path.setAttribute('stroke',$38(first))})
return{line,points,shown}},$104=([x,y,width],[x2,y2,width2])=>x<x2+width2&&x2<x+width&&Math.abs(y-y2)<15,$133=(axes,named,changes)=>{const taken=changes.map(([abar,bbar])=>[axes.px(abar)- 10,axes.py(bbar)+ 4,20])
for(const{names,points,color,isChosen}of named){const width=7*names.length,boxes=[.5,.35,.65,.8,.2,.9].map(u=>points[Math.round(u*(points.length-1))])
.filter(([,bbar])=>bbar<=axes.yMax)
.map(point=>[Math.min(axes.px(point[0])+ 6,axes.width-width-4),axes.py(point[1])- 5,width]),box=boxes.find(place=>place[1]>14&&!taken.some(other=>$104(place,other)))??(isChosen?boxes[0]:null)
if(!box)continue
taken.push(box)
const attributes={x:box[0],y:box[1],style:`fill:${color}`,class:isChosen?'name chosen':'name'}
axes.mark('text',attributes).append(names)}},$63=ui=>{const families=[...new Set(ui.data.metro.map(({family})=>family))]
return div('stories',families.map(family=>{const onclick=()=>ui.set({only:ui.get('only')===family?'':family}),element=h('button',{type:'button',onclick},$37($38({family})),hyphened(family))
ui.syncs.push(()=>element.setAttribute('aria-pressed',ui.get('only')===family))
return element}))},$50=(axes,schedule,color)=>{const points=$117(schedule)
axes.curve(points,color,{'stroke-width':5,class:'curve still'})
const stations=points.filter(([,bbar],i)=>i % 5===0&&bbar<=$1)
for(const point of stations)axes.dot(point,color,{r:3.5})},$53=(axes,path,ends)=>{axes.curve(path,'currentColor',{'stroke-width':2,'stroke-dasharray':'2 4'})
const visible=ends.filter(([,bbar])=>bbar<=$1)
for(const point of visible)axes.dot(point,'none',{stroke:'currentColor','stroke-width':3,r:8})},$86=(ui,axes,told,film)=>{const names=ui.data.metro.map(({name})=>name)
ui.select('start','start on',names)
ui.select('then','change to',names)
ui.slider('change','change at',0,1,.025)
ui.fold()
ui.slider('until','published until',Math.min(...ui.data.metro.map(({year})=>year)),LATEST,1)
const papers=[...new Set(ui.data.metro.map(({source})=>source))].sort()
ui.select('paper','of the paper',[['','all papers'],...papers])
ui.pairSelect()
ui.seedSlider()
const numbers=ui.numbers({station:'changed at (ᾱ, β̄)',joined:'joined at (ᾱ, β̄)',psnr:'restored: PSNR, dB',psnr_in:'its input: PSNR, dB'})
ui.root.append($63(ui),div('wide',axes.svg),told,film,div('row',numbers))},$85=(ui,axes,told)=>{const tell=methods=>$132(told,$106(methods)),map=lines(ui.data.metro).map(methods=>$94(ui,axes,methods,tell)),layer=svg('g',{'clip-path':axes.curves.getAttribute('clip-path')},map.map(({line})=>line))
axes.svg.insertBefore(layer,axes.curves)
return(chosen,changes)=>{const named=map.filter(({shown})=>shown().length).map(({points,shown})=>{const names=shown().map(({name})=>name),isChosen=names.some(name=>chosen.includes(name))
return{names:names.join(' · '),points,color:$38(shown()[0]),isChosen}})
$133(axes,named.sort((a,b)=>b.isChosen-a.isChosen),changes)}},metro={state:{start:'DDPM',then:'RDDM',change:.5,only:'',paper:'',until:LATEST,pair:0,seed:1},payload:true,stories:{'from DDPM to RDDM':{start:'DDPM',then:'RDDM',change:.5},'from RDDM to a bridge':{start:'RDDM',then:'I2SB',change:.3},'from ResShift to IR-SDE':{start:'ResShift',then:'IR-SDE',change:.5},'as of 2021':{until:2021,only:'',paper:''},'all of them':{until:LATEST,only:'',paper:''}},tip:'Every line is a published method, without its fresh noise (η = 0); its color is that of the fresh noise it would take. Click one to change to it, midway: both lines have the same noise level ρ there, so their states differ only by a shift and a scale, and the image is restored all the same.',draw(ui){const axes=new Axes({yMax:$1,width:640,height:420,label:'all lines on the plane'}),film=$114(),told=note('Point at a line, or go to it by the tab key: here stand its name and its paper.')
told.setAttribute('role','status')
const writeMap=$85(ui,axes,told)
$86(ui,axes,told,film)
return()=>{const[one,two]=['start','then'].map(key=>ui.data.metro.find(({name})=>name===ui.get(key))),[leaves,joins]=$33(one,two,ui.get('change')),[station,joined]=[$117(one)[leaves],$117(two)[joins]],path=switchPath(one,two,ui.get('change')),[run,pair]=[ui.restore(path),ui.pair()]
axes.clear()
$50(axes,one,COLORS.eps)
$50(axes,two,COLORS.res)
$53(axes,path,[station,joined])
writeMap([one.name,two.name],[station,joined])
film.show(run,'the states on the path')
ui.show({station:$69(station),joined:$69(joined)})
ui.show({psnr:$112(pair,last(run).x),psnr_in:$112(pair,pair.xIn)})}}};
const $89=(ui,axes,films)=>{ui.pairSelect()
ui.slider('steps','steps',2,40,1)
ui.seedSlider()
ui.fold()
ui.familySelect()
ui.familySettings()
const labels=$15.flatMap(order=>[
[order,said('{0}: PSNR, dB',$121(order))],[`${order}_distance`,'its particles: distance to the data']]),numbers=ui.numbers(Object.fromEntries(labels))
ui.root.append(div('row',div('pad',axes.svg),div('side',numbers)),...films.flat())},$52=(ui,axes,film,order,color)=>{const path=samplingPath(ui.schedule(),ui.get('steps'),order),run=ui.restore(path)
axes.curve(path,color)
path.forEach(point=>axes.dot(point,color,{r:3}))
film.show(run,$121(order))
const{distance:offset}=particles(path,ui.get('seed'))
ui.show({[order]:$112(ui.pair(),last(run).x),[`${order}_distance`]:offset.toFixed(3)})},$111={state:{...$18,steps:10,pair:0,seed:1},payload:true,stories:{'a face from noise':{pair:5,seed:2},'other noise, another face':{pair:5,seed:4},'a flower in the rain':{pair:0},'few steps':{steps:3}},tip:'Change the noise and compare the last images. Together, or residual first, it decides which face comes out. Noise first: once it is gone nothing tells the faces apart, and all runs end in the one nearest to their mean.',draw(ui){const axes=new Axes({yMax:2,label:'three paths',height:260}),films=$15.map(()=>$114(8)),words=i=>div('note',$37($24[i]),$121($15[i]))
$89(ui,axes,films.map((film,i)=>[words(i),film]))
return()=>{axes.clear()
$15.forEach((order,i)=>$52(ui,axes,films[i],order,$24[i]))}}};
const $11=11,$10=4,$76=(color,words,attributes={})=>h('div',{class:'note',...attributes},$37(color),words),$26=ui=>{const at=Math.min(ui.get('at'),ui.get('steps')- 1),branch={at,eta:ui.get('eta'),posterior:ui.get('posterior'),order:ui.get('order')}
ui.set({branches:[...ui.get('branches'),branch].slice(-$10)})},$91=(ui,axes,images,films)=>{ui.slider('at','now at step',0,()=>ui.get('steps'),1)
ui.slider('eta','η of the fork',0,1,.05)
ui.select('order','its order',$15.map(name=>[name,$121(name)]))
ui.fold()
ui.select('posterior','its variance',Object.keys($16).map(name=>[name,hyphened(name)]))
ui.pairSelect()
ui.slider('steps','steps',2,30,1)
ui.seedSlider()
ui.familySelect()
ui.familySettings()
const shown=div('pics',$32(images.x,'state'),$32(images.x0,'guess')),numbers=ui.numbers({abar:'ᾱ',bbar:'β̄',psnr:'main run: PSNR, dB'}),buttons=h('div',{},button('fork here',()=>$26(ui)),' ',button('clear forks',()=>ui.set({branches:[]})))
ui.root.append(div('row',div('pad',axes.svg),shown,numbers),buttons,films)},$51=(ui,axes,films,run,path,step)=>{axes.curve(path,COLORS.other)
path.forEach(point=>axes.dot(point,COLORS.other,{r:3}))
axes.dot(path[step],'currentColor',{r:6})
const[lastStep,lastFrame]=[path.length-1,Math.min(path.length,$11)- 1],picked=Math.round(step/lastStep*lastFrame),strip=ui.strips[0]
strip.show(run,'main run');
[...strip.children].forEach((canvas,frame)=>{canvas.style.cursor='pointer'
canvas.style.outline=frame===picked?`3px solid ${COLORS.eps}`:''
canvas.onclick=()=>ui.set({at:Math.round(frame*lastStep/lastFrame)})})
films.append($76(COLORS.other,'main run, η = 0'),strip)},$43=({eta,posterior,order},step)=>said('fork at step {0}: η = {1}, {2}, {3}',step,eta,hyphened(posterior),$121(order)),$62=(path,{eta,posterior})=>path.slice(1).every((to,i)=>!Number.isNaN(posteriorVariance(posterior,path[i],to,eta))),$45=(ui,axes,films,main,mainPath,branch,i)=>{const step=Math.min(branch.at,mainPath.length-2),path=branchPath(mainPath,step,branch.order),words=$43(branch,step),head=$76($24[i],words,{'data-fork':i})
films.append(head)
if(!$62(path,branch)){head.append(said(': this variance does not exist on this path'))
return}
const seed=100*ui.get('seed')+ i,run=ui.kept([mainPath,branch,ui.get('pair'),seed],()=>sampleSteps(ui.predictor(),main[step].x,ui.pair().xIn,path,{...branch,randn:normals(seed)})),end=last(run).x,apart=Math.sqrt(mse(end,last(main).x)).toFixed(3)
axes.curve(path,$24[i],{'stroke-dasharray':'6 4'})
head.append(said('; PSNR in dB: {0}; differs from the main run by {1}',$112(ui.pair(),end),apart))
films.append(ui.strips[i+1])
ui.strips[i+1].show(run,words)},fork=(at,eta,order)=>({pair:5,seed:6,branches:[{at,eta,posterior:'sum_constrained',order}]}),$2={at:5,eta:1,posterior:'sum_constrained',order:'together',branches:[]},$127={state:{...$18,steps:10,pair:0,seed:1,...$2},payload:true,stories:{'fresh noise early: another face':fork(1,1,'together'),'late: the same':fork(7,1,'together'),'noise first':fork(0,0,'noise_first'),'residual first':fork(0,0,'residual_first')},tip:'Click a frame of the main run and press “fork here”: the same state goes on with other noise or in another order. Fresh noise early leads to another image; late it changes nothing any more.',draw(ui){const images={x:$77('the state now',200),x0:$77('the guess now',200)},axes=new Axes({yMax:2,height:250,label:'paths of the branches'}),films=h('div')
ui.strips=range($10+1,()=>$114($11))
$91(ui,axes,images,films)
return()=>{const path=samplingPath(ui.schedule(),ui.get('steps')),step=Math.min(ui.get('at'),path.length-1),run=ui.restore(path)
axes.clear()
films.replaceChildren()
$51(ui,axes,films,run,path,step)
ui.get('branches').forEach((branch,i)=>$45(ui,axes,films,run,path,branch,i))
$49(images.x,run[step].x)
$49(images.x0,run[step].x0||run[step].x)
const[abar,bbar]=path[step].map(twoDigits)
ui.show({abar,bbar,psnr:$112(ui.pair(),last(run).x)})}}};
const figures={plane,explorer:$116,film:$67,pathpad:$107,lens,eta:$60,metro,order:$111,travel:$127},$57=(ui,state,shared,draw)=>{try{ui.setWithin(shared)
draw()}catch{ui.set(state)
draw()}},$96=(element,kind,model,data,shared={},keeper=null)=>{const figure=figures[kind]
if(!figure)throw new Error(`no figure ${kind}: there are ${Object.keys(figures).join(', ')}`)
const root=h('div',{class:'fig',role:'group','aria-label':`figure: ${kind}`}),shadow=element.shadowRoot||element.attachShadow({mode:'open'})
element.setAttribute('data-lm-suppress-shortcuts','true');
shadow.replaceChildren(h('style',{},CSS),root)
const ui=new UI(model,data,root),state=$110(Object.keys(figure.state),key=>model.get(key))
root.append(ui.stories({...figure.stories,'start again':state}))
const redraw=figure.draw(ui)
root.append(ui.first,ui.more,note(figure.tip))
const keep=keeper?.(kind,state,model),draw=()=>{for(const sync of ui.syncs)sync()
redraw()
keep?.()
element.dataset.drawn=1+(+element.dataset.drawn||0)},drawSoon=$30(draw)
for(const key of Object.keys(figure.state))model.on(`change:${key}`,drawSoon)
$68(element,root,drawSoon)
$57(ui,state,shared,draw)}
let $66=null
const $65=()=>{$66||=fetch(new URL('figures.json',import.meta.url)).then(response=>response.json()).then(unpack)
return $66},$42=()=>customElements.define('rddm-figure',class extends HTMLElement{async connectedCallback(){const kind=this.getAttribute('kind'),figure=figures[kind]
if(!figure||this.shadowRoot)return
const images=figure.payload?await $65():null
this.model=$105({...figure.state,...JSON.parse(this.getAttribute('state')||'{}')})
$96(this,kind,this.model,images,$71(kind,figure.state),$29)}})
if(typeof customElements!=='undefined'&&!customElements.get('rddm-figure'))$42()
const render=async({model,el})=>{const host=h('div')
el.append(host)
const kind=model.get('kind')
$96(host,kind,model,figures[kind]?.payload?await unpack(model.get('payload')):null)}
export default{render}
const states=$110(Object.keys(figures),kind=>figures[kind].state)
export{branchPath,bridge,circle,cosine,ddimLinear,drawPath,ExactPredictor,line,makeSchedule,normals,P,posteriorVariance,power,psnr,qSample,reverseStep,rho,sampleSteps,samplingPath,scheduleAt,SOLVERS,solverFor,states,stepDistributions,switchPath,timesteps,unpack};
