// Made from js/ by tools/build_js.py, not to be edited.
const range=(n,f)=>Array.from({length:n},(_,i)=>f(i)),$59=(keys,f)=>Object.fromEntries(keys.map((key,i)=>[key,f(key,i)])),last=list=>list[list.length-1],sum=values=>values.reduce((total,value)=>total+value,0),$28=values=>{let total=0
return[0,...values.map(value=>total+=value)]},$26=(value,low,high)=>Math.min(Math.max(value,low),high),$32=(list,n)=>n>=list.length?list:range(n,i=>list[Math.round(i*(list.length-1)/(n-1))]);
const mse=(x,target)=>{let total=0
for(let i=0;i<x.length;i++){const error=$26(x[i],-1,1)- target[i]
total+=error*error}
return total/x.length},psnr=(x,target)=>10*Math.log10(4/Math.max(mse(x,target),4e-10));
const $44=point=>point.every(v=>v===0),$58=(x0,xIn,eps,abar,bbar)=>x0.map((v,i)=>v+abar*((xIn?xIn[i]:0)- v)+ bbar*eps[i]),$8={sum_constrained:([,bbarT],[,bbarS])=>bbarS*bbarS*(bbarT*bbarT-bbarS*bbarS)/(bbarT*bbarT),preserving:([abarT,bbarT],[abarS,bbarS])=>{const ratio=(1-abarT)/(1-abarS),kept=ratio===0?0:ratio*ratio*bbarS*bbarS/(bbarT*bbarT);
return bbarS*bbarS*(1-kept)},bridge:([abarT,bbarT],[abarS,bbarS])=>bbarS*bbarS-(abarS/abarT)**2*bbarT*bbarT},$56=(posterior,from,to,eta=1)=>{const bbarS=to[1]
if(eta===0||bbarS===0)return 0
const variance=$8[posterior](from,to)
return !Number.isFinite(variance)||variance<-1e-12*bbarS**2?NaN:eta*Math.max(variance,0)},$60=(x,estimate,[abarT,bbarT],to,variance=0,noise=null)=>{if($44(to))return estimate.x0.slice()
const[abarS,bbarS]=to,{res,eps}=estimate,fromEps=Math.sqrt(Math.max(bbarS*bbarS-variance,0))- bbarT,fromNoise=Math.sqrt(variance),out=x.slice()
for(let i=0;i<out.length;i++){out[i]+=(abarS-abarT)*res[i]+(eps?fromEps*eps[i]:0)+(noise?fromNoise*noise[i]:0)}
return out};
const P=(side,exponent,T,grid='count')=>{const x=range(T,i=>grid==='linspace'&&T>1?i/(T-1):(i+1)/T),weights=(side==='x'?x:x.reverse()).map(v=>v**exponent),total=sum(weights)
return weights.map(w=>w/total)},$39=(alpha,beta2)=>{const abar=$28(alpha)
if(Math.abs(last(abar)- 1)<1e-6)abar[abar.length-1]=1
return{abar,bbar:$28(beta2).map(Math.sqrt)}},$38=(abar,bbar,T)=>{const x=range(T+1,i=>i/T)
return{abar:x.map(abar),bbar:x.map(bbar)}},$37=products=>({abar:[0,...products.map(v=>1-Math.sqrt(v))],bbar:[0,...products.map(v=>Math.sqrt(1-v))]}),power=(T=1000,alpha=['1-x',1],beta2=['x',1],bbarT=1,grid='count')=>$39(P(...alpha,T,grid),P(...beta2,T,grid).map(v=>bbarT**2*v)),line=(T=1000,bbarT=1)=>$38(x=>x,x=>bbarT*x,T),circle=(T=1000)=>{const schedule=$38(x=>1-Math.cos(x*Math.PI/2),x=>Math.sin(x*Math.PI/2),T)
schedule.abar[T]=1
return schedule},bridge=(T=1000,height=.5)=>$38(x=>x,x=>2*height*Math.sqrt(x*(1-x)),T),$29=(T=1000,betaStart=1e-4,betaEnd=.02)=>{let product=1
const beta=i=>betaStart+(betaEnd-betaStart)*(T>1?i/(T-1):0)
return $37(range(T,i=>product*=1-beta(i)))},cosine=(T=1000)=>$37(range(T,i=>Math.cos((i+1)/T*Math.PI/2)**2)),$14=[['x','x, rising'],['1-x','1−x, falling']],$13={side_res:{initial:'1-x',label:'residual steps',options:$14},a_res:{initial:1,label:'residual exponent',limits:[0,5,.1]},side_eps:{initial:'x',label:'noise steps',options:$14},a_eps:{initial:1,label:'noise exponent',limits:[0,5,.1]},bbar_T:{initial:1,label:'noise at the start',limits:[0,2,.05]},height:{initial:.5,label:'height of the arch',limits:[.05,1,.05]}},$57=s=>[`P(${s.side_res}, ${+s.a_res.toFixed(2)}), P(${s.side_eps}, ${+s.a_eps.toFixed(2)}), β̄ = ${s.bbar_T}`],FAMILIES={power:{settings:['side_res','a_res','side_eps','a_eps','bbar_T'],make:s=>power(s.T,[s.side_res,s.a_res],[s.side_eps,s.a_eps],s.bbar_T),title:$57},line:{settings:['bbar_T'],make:s=>line(s.T,s.bbar_T),title:s=>['line, β̄ = {0}',s.bbar_T]},circle:{settings:[],make:s=>circle(s.T)},bridge:{settings:['height'],make:s=>bridge(s.T,s.height),title:s=>['bridge, {0}',s.height]},'ddim linear':{settings:[],make:s=>$29(s.T)},cosine:{settings:[],make:s=>cosine(s.T)}},$48=settings=>{const family=FAMILIES[settings.family]
if(!family)throw new Error(`no family '${settings.family}': there are ${Object.keys(FAMILIES).join(', ')}`)
return family.make({T:400,...settings})},$66=settings=>FAMILIES[settings.family]?.title?.(settings)??[settings.family],$65=schedule=>schedule.abar.map((abar,t)=>[abar,schedule.bbar[t]]),$64=(schedule,u)=>{const T=schedule.abar.length-1,t=Math.min(Math.floor(u*T),T-1),interpolate=values=>values[t]+(u*T-t)*(values[t+1]- values[t])
return[interpolate(schedule.abar),interpolate(schedule.bbar)]},$72=(T,steps)=>range(steps+1,i=>Math.floor(T*(steps-i)/steps)),rho=schedule=>schedule.abar.map((abar,t)=>schedule.bbar[t]/(1-abar));
const $30=([x,y],[x2,y2])=>Math.hypot(x-x2,y-y2),$73=path=>$44(last(path))?path:[...path,[0,0]],$31=(corners,steps=50)=>{const ends=$73(corners),lengths=$28(ends.slice(1).map((end,i)=>$30(end,ends[i])))
let i=0
return range(steps+1,step=>{if(step===steps)return[0,0]
const covered=last(lengths)*step/steps
while(i<ends.length-2&&lengths[i+1]<covered)i++
const share=lengths[i+1]>lengths[i]?(covered-lengths[i])/(lengths[i+1]- lengths[i]):0
return[0,1].map(axis=>ends[i][axis]+ share*(ends[i+1][axis]- ends[i][axis]))})},$6=['together','residual_first','noise_first'],$62=(schedule,steps,order='together')=>{const T=schedule.abar.length-1,points=$65(schedule)
if(order==='together')return $72(T,steps).map(t=>points[t])
const half=Math.floor(steps/2),first=$72(T,steps-half).slice(1).map(t=>points[t]),second=$72(T,half).slice(1,-1).map(t=>points[t]),[abarT,bbarT]=points[T],between=order==='residual_first'?[...first.map(([abar])=>[abar,bbarT]),...second.map(([,bbar])=>[0,bbar])]:[...first.map(([,bbar])=>[abarT,bbar]),...second.map(([abar])=>[abar,0])]
return[[abarT,bbarT],...between,[0,0]]},$24=(path,step,order)=>{const[abar,bbar]=path[step],left=path.length-1-step
if(order==='together'||left<2)return path.slice(step)
return $31([[abar,bbar],order==='residual_first'?[0,bbar]:[abar,0],[0,0]],left)},$67=(path,tolerance=.03)=>{if(path.length<3)return path
const[start,end]=[path[0],last(path)],[dx,dy]=[end[0]- start[0],end[1]- start[1]],length=Math.hypot(dx,dy)||1e-9,offsets=path.map(([x,y])=>Math.abs(dx*(start[1]- y)-(start[0]- x)*dy)/length),furthest=offsets.indexOf(Math.max(...offsets))
if(offsets[furthest]<=tolerance)return[start,end]
const[before,after]=[path.slice(0,furthest+1),path.slice(furthest)]
return[...$67(before,tolerance).slice(0,-1),...$67(after,tolerance)]};
const $74=x=>{const size=x.length/3,bytes=new Uint8ClampedArray(4*size).fill(255)
for(let i=0;i<size;i++){for(let channel=0;channel<3;channel++)bytes[4*i+channel]=(x[channel*size+i]+ 1)*127.5}
return bytes};
const megabytes=bytes=>(bytes/2**20).toFixed(1),download=async(url,onBytes)=>{const response=await fetch(url)
if(!response.ok)throw new Error(`${url.pathname}: ${response.status}`)
const reader=response.body.getReader(),parts=[]
for(let part=await reader.read();!part.done;part=await reader.read()){parts.push(part.value)
onBytes(part.value.length)}
return new Blob(parts).arrayBuffer()}
class $11{constructor(post){Object.assign(this,{post,last:0,open:new Map()})}
restore(request,onState){this.last++
for(const{resolve}of this.open.values())resolve(false)
this.open.clear()
return new Promise((resolve,reject)=>{this.open.set(this.last,{resolve,reject,onState})
this.post({kind:'restore',id:this.last,...request})})}
hear({kind,id,message,...state}){const request=this.open.get(id)
if(!request)return
if(kind==='state')request.onState(state)
if(kind==='done')request.resolve(true)
if(kind==='failed')request.reject(new Error(message))
if(kind!=='state')this.open.delete(id)}}
class $9{constructor(base,schedule){Object.assign(this,{folder:new URL('runtime/',base),base,schedule,ready:null})}
async offer(){try{const response=await fetch(new URL('runtime.json',this.folder))
this.files=(await response.json()).files
return this.files&&`${megabytes(this.total())} MB`}catch{return null}}
total(){return Object.values(this.files).reduce((bytes,file)=>bytes+file.bytes,0)}
load(onProgress){this.ready||=this.start(onProgress).catch(error=>{this.ready=null
throw error})
return this.ready}
async start(onProgress){let there=0
const fetched=({name})=>download(new URL(name,this.folder),bytes=>{there+=bytes
onProgress(there/this.total(),['{0} of {1} MB',megabytes(there),megabytes(this.total())])}),{runtime,wasm,network}=this.files,[wasmBytes,networkBytes]=await Promise.all([wasm,network].map(fetched))
onProgress(1,['the network is being set up'])
const worker=new Worker(new URL('photo_worker.js',this.base),{type:'module'})
this.requests=new $11(request=>worker.postMessage(request))
await new Promise((resolve,reject)=>{worker.onerror=event=>reject(new Error(event.message||'the worker does not start'))
worker.onmessage=({data})=>{if(data.kind==='ready')resolve()
else if(data.id===undefined)reject(new Error(data.message))
else this.requests.hear(data)}
const message={kind:'load',runtime:new URL(runtime.name,this.folder).href}
worker.postMessage({...message,wasm:wasmBytes,network:networkBytes},[wasmBytes,networkBytes])})}
restore(request,onState){return this.requests.restore({...request,schedule:this.schedule},onState)}}
class $3{constructor(model){const post=({xIn,...request})=>model.send(request,undefined,[Float32Array.from(xIn).buffer])
this.requests=new $11(post)
const bytes=view=>new Uint8ClampedArray(view.buffer.slice(view.byteOffset,view.byteOffset+view.byteLength))
model.on('msg:custom',(answer,buffers)=>this.requests.hear({...answer,images:buffers.map(bytes)}))}
async offer(){return ''}
async load(){}
restore(request,onState){return this.requests.restore(request,onState)}}
const $40=({data,width,height})=>{const size=width*height,x=new Float64Array(3*size)
for(let i=0;i<size;i++){for(let channel=0;channel<3;channel++)x[channel*size+i]=data[4*i+channel]/127.5-1}
return{x,width,height}};
const $75=seed=>{let state=seed>>>0
return()=>{state=state+0x6D2B79F5>>>0
let bits=Math.imul(state ^ state>>>15,1|state)
bits=bits+Math.imul(bits ^ bits>>>7,61|bits)^ bits
return((bits ^ bits>>>14)>>>0)/4294967296}},$50=seed=>{const uniform=$75(seed),normal=()=>{const[u,v]=[uniform(),uniform()]
return Math.sqrt(-2*Math.log(1-u))*Math.cos(2*Math.PI*v)}
return n=>{const numbers=new Float64Array(n)
for(let i=0;i<n;i++)numbers[i]=normal()
return numbers}};
const $0=.95,$4=[[3,.5],[6,.3],[9,.2]],
$71=(reach,slant)=>{const pixels=[]
for(let y=-reach;y<=reach;y++)for(let x=-reach;x<=reach;x++){const across=x*Math.cos(slant)- y*Math.sin(slant),along=x*Math.sin(slant)+ y*Math.cos(slant),opacity=$26(1.1-Math.abs(across),0,1)*Math.sqrt($26(1-(along/(reach+.5))**2,0,1))
if(opacity>0)pixels.push([x,y,opacity])}
return pixels},$20=(clear,width,height,reach,density,slant,uniform)=>{const opacity=new Float64Array(width*height),pixels=$71(reach,slant)
for(let y=-reach;y<height+reach;y++)for(let x=-reach;x<width+reach;x++){if(uniform()>=density/reach)continue
const strength=.5+.5*uniform()
for(const[dx,dy,share]of pixels){const[column,row]=[x+dx,y+dy]
if(column<0||column>=width||row<0||row>=height)continue
opacity[row*width+column]+=strength*share}}
for(let i=0;i<clear.length;i++)clear[i]*=1-.92*Math.min(opacity[i],1)},$43=(values,width,height,x,y)=>{const[column,row]=[$26(x,0,width-1),$26(y,0,height-1)],[left,top]=[Math.floor(column),Math.floor(row)],[right,bottom]=[Math.min(left+1,width-1),Math.min(top+1,height-1)],[u,v]=[column-left,row-top],above=(1-u)*values[top*width+left]+ u*values[top*width+right],below=(1-u)*values[bottom*width+left]+ u*values[bottom*width+right]
return(1-v)*above+v*below},rain=({x,width,height},amount,seed)=>{if(amount===0)return x
const uniform=$75(seed),scale=Math.max(1,Math.sqrt(Math.min(width,height)/32)),[columns,rows]=[Math.ceil(width/scale),Math.ceil(height/scale)],slant=uniform()- .5,clear=new Float64Array(columns*rows).fill(1)
for(const[reach,share]of $4)$20(clear,columns,rows,reach,amount*share,slant,uniform)
const veil=1-.1*uniform(),out=new Float64Array(x.length),size=width*height
for(let i=0;i<size;i++){const[column,row]=[(i % width+.5)*columns/width-.5,(Math.floor(i/width)+ .5)*rows/height-.5],light=veil*$43(clear,columns,rows,column,row)
for(let channel=0;channel<3;channel++){out[channel*size+i]=$0+light*(x[channel*size+i]- $0)}}
return out};
const COLORS={res:'#e07b00',eps:'#3b82d0',x0:'#2e9e5b',other:'#9b59b6'},$18=['#12a3a3','#d6457f','#a08a00','#7a6ff0','#b5651d'],CSS=`
:host,.fig{display:block;}.fig{font:15px/1.45 system-ui,sans-serif;color:inherit;margin:.6rem 0;container-type:inline-size;}.fig *{box-sizing:border-box;}.row{display:flex;flex-wrap:wrap;gap:.6rem 1.1rem;align-items:flex-start;}.pad{flex:1 1 17rem;min-width:0;max-width:30rem;}.side{flex:1 1 12rem;min-width:0;}svg{display:block;width:100%;height:auto;overflow:visible;}svg text{fill:currentColor;font-size:13px;}svg.touch{touch-action:none;cursor:crosshair;}.axis,.grid{stroke:currentColor;stroke-width:1;fill:none;}.grid{opacity:.18;}.curve{fill:none;stroke-width:2.5;stroke-linejoin:round;}.knob{cursor:grab;stroke:#fff;stroke-width:2;}.knob:focus-visible,canvas:focus-visible,button:focus-visible{outline:3px solid ${COLORS.eps};outline-offset:2px;}.controls{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.25rem 1rem;margin:.4rem 0;}label{display:flex;gap:.5rem;align-items:center;min-height:2rem;}label span{flex:0 1 auto;}label output{flex:0 0 3.2rem;text-align:right;font-variant-numeric:tabular-nums;}input[type=range]{flex:1 1 4rem;min-width:3rem;accent-color:${COLORS.eps};height:1.6rem;}select,button{font:inherit;color:inherit;background:transparent;border:1px solid currentColor;border-radius:5px;padding:.15rem .5rem;min-height:1.9rem;max-width:100%;}select{flex:1 1 auto;min-width:0;}option{color:CanvasText;background:Canvas;}button{cursor:pointer;}canvas{display:block;width:100%;height:auto;border:1px solid #8888;}figure{margin:0;}figcaption,.note{font-size:13px;}.pics{display:flex;flex-wrap:wrap;gap:.5rem;}.pics figure{flex:1 1 4.5rem;}.row > .pics{flex:2 1 18rem;}.frames{display:grid;grid-template-columns:repeat(auto-fit,minmax(4.5rem,1fr));gap:.5rem;}.stories{display:flex;flex-wrap:wrap;gap:.4rem;margin:.4rem 0;}button[aria-pressed=true]{background:${COLORS.eps}33;border-width:2px;}details{margin:.3rem 0;}summary{cursor:pointer;}.bar{height:7px;background:#8884;margin-top:3px;}.bar i{display:block;height:100%;}dl{display:grid;grid-template-columns:auto auto;gap:.1rem .8rem;margin:.4rem 0;width:fit-content;}dt,dd{margin:0;}dd{font-variant-numeric:tabular-nums;text-align:right;}.strip{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(3.5rem,6rem);gap:4px;}.strip{overflow-x:auto;padding:2px;}.key{display:inline-block;width:.8em;height:.8em;margin-right:.35em;border-radius:2px;}ul{list-style:none;margin:.2rem 0;padding:0;}.line{cursor:pointer;outline:none;}.line .curve{opacity:.65;stroke-width:2;}.line:is(:hover,:focus-visible) .curve{opacity:1;stroke-width:5;}.touched{fill:none;stroke-width:14;pointer-events:stroke;}.still,svg .name{pointer-events:none;}svg .name{fill:currentColor !important;}svg .chosen{font-weight:700;}@container (max-width:38rem){svg text{font-size:15px;}}@container (max-width:30rem){.wide svg text{font-size:21px;}svg .name:not(.chosen){display:none;}}@media print{.fig{break-inside:avoid;}}`;
const $7=`
.fig{border:1px solid #8886;border-radius:8px;padding:.8rem;}.fig.over{outline:3px dashed ${COLORS.eps};}.views{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:.8rem;}.views figure{min-width:0;}.views canvas,.compare canvas{width:100%;height:auto;image-rendering:auto;}.choice{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:0 0 .5rem;}.choice button{padding:2px;line-height:0;}.choice button[aria-pressed=true],.choice label:focus-within{outline:3px solid ${COLORS.eps};}.choice img{width:84px;height:63px;object-fit:cover;border-radius:3px;}.choice label{border:1px dashed currentColor;border-radius:5px;padding:0 .7rem;min-height:67px;cursor:pointer;}.choice input[type=file]{position:absolute;width:1px;height:1px;opacity:0;}.go{font-weight:600;border-width:2px;padding:.3rem 1rem;min-height:2.4rem;}.row.act{align-items:center;margin:.4rem 0;}progress{width:100%;accent-color:${COLORS.eps};}details{margin:.3rem 0;}summary{cursor:pointer;}.compare{max-width:34rem;margin:.6rem 0;}.compare input{width:100%;}.strip canvas{width:84px;height:auto;cursor:pointer;image-rendering:auto;}.strip button{padding:0;line-height:0;border-width:2px;}.strip button[aria-pressed=true]{border-color:${COLORS.eps};}[hidden]{display:none !important;}`;
const dot=(a,b,start=0)=>{const n=a.length
let sum0=0,sum1=0,sum2=0,sum3=0,i=0
for(;i+3<n;i+=4){sum0+=a[i]*b[start+i]
sum1+=a[i+1]*b[start+i+1]
sum2+=a[i+2]*b[start+i+2]
sum3+=a[i+3]*b[start+i+3]}
for(;i<n;i++)sum0+=a[i]*b[start+i]
return sum0+sum1+sum2+sum3},$19=(out,images,k,scale)=>{const start=k*out.length
for(let i=0;i<out.length;i++)out[i]+=scale*images[start+i]},$68=logits=>{const top=Math.max(...logits)
let total=0
for(let k=0;k<logits.length;k++)total+=logits[k]=Math.exp(logits[k]- top)
for(let k=0;k<logits.length;k++)logits[k]/=total
return logits}
class $1{constructor(means,count,{std=0,tau=null,weights=null}={}){Object.assign(this,{means:Float64Array.from(means),size:means.length/count,std,tau})
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
if(xIn)$19(rest,xIn,0,-abar-(1-abar)*this.inputShare)
const logits=this.squaredDistances(rest,scale),variance=(1-abar)**2*this.std**2*(1-this.inputShare)+ bbar*bbar,fromInput=this.inputLogits(xIn),nearest=variance>0?0:Math.min(...logits.filter((_,k)=>this.logPrior[k]>-Infinity))
for(let k=0;k<logits.length;k++){const certain=scale===0||logits[k]<=nearest?0:-Infinity,fromState=variance>0?-logits[k]/(2*variance):certain
logits[k]=this.logPrior[k]+ fromState+(fromInput?fromInput[k]:0)}
return $68(logits)}
predict(x,xIn,abar,bbar){const weights=this.posterior(x,xIn,abar,bbar),[x0,res]=[new Float64Array(this.size),new Float64Array(this.size)]
weights.forEach((weight,k)=>weight>1e-14&&$19(x0,this.means,k,weight))
const share=this.inputShare,variance=this.std**2*(1-share),gain=(1-abar)*variance/Math.max((1-abar)**2*variance+bbar*bbar,1e-300),eps=bbar===0?null:new Float64Array(this.size)
for(let i=0;i<x0.length;i++){const input=xIn?xIn[i]:0,mean=(1-share)*x0[i]+ share*input
x0[i]=mean+gain*(x[i]- abar*input-(1-abar)*mean)
res[i]=input-x0[i]
if(eps)eps[i]=(x[i]- abar*input-(1-abar)*x0[i])/bbar}
return{x0,res,eps,weights}}}
const $46=([abar,bbar])=>Math.log((1-abar)/bbar),$15={* euler(estimate){return estimate},* heun(estimate,{x,from,to}){if($44(to)||(from[1]===0)!==(to[1]===0))return estimate
const there=yield{x:$60(x,estimate,from,to),point:to},mean=part=>estimate[part]?.map((v,i)=>(v+there[part][i])/2)
return{x0:mean('x0'),res:mean('res'),eps:mean('eps')}},* multistep({x0,res,eps},{from,to},before){const h=$46(to)- $46(from),back=before?$46(from)- $46(before.point):NaN
if(!Number.isFinite(h)||!Number.isFinite(back))return{x0,res,eps}
const share=(h/-Math.expm1(-h)- 1)/back,moved=(values,scale)=>values.map((v,i)=>v+scale*share*(x0[i]- before.x0[i]))
return{x0:moved(x0,1),res:moved(res,-1),eps:moved(eps,(from[0]- 1)/from[1])}}},$69=(solver,path)=>{const stays=(to,i)=>Math.abs($46(to)- $46(path[i]))<1e-9,still=path.every(([,bbar])=>bbar===0)||path.slice(1).some(stays)
return solver==='multistep'&&still?'euler':solver};
const $63=function*(xT,path,options={}){const{eta=0,posterior='sum_constrained',randn=null,solver='euler'}=options,run=[{x:xT}]
for(let i=0;i+1<path.length;i++){const[{x},from,to]=[run[i],path[i],path[i+1]],guess=yield{x,point:from},variance=$56(posterior,from,to,eta)||0
run[i].x0=guess.x0
const estimate=yield*$15[solver](guess,{x,from,to},i&&{point:path[i-1],x0:run[i-1].x0})
run.push({x:$60(x,estimate,from,to,variance,variance>0?randn(x.length):null)})}
return run},$61=(model,xT,xIn,path,options)=>{const run=$63(xT,path,options)
let stop=run.next(),evaluations=0
for(;!stop.done;evaluations++)stop=run.next(model.predict(stop.value.x,xIn,...stop.value.point))
return Object.assign(stop.value,{evaluations})};
const $45=value=>value!==null&&value!==undefined,said=(label,...values)=>{const words=globalThis.rddmLabels?.[label]??label
return values.length?words.replace(/{(.)}/g,(_,i)=>said(values[i])):words},$77=(element,...words)=>{element.textContent=said(...words)},$25=(element,attributes,children)=>{for(const[name,value]of Object.entries(attributes)){if(name.startsWith('on'))element.addEventListener(name.slice(2),value)
else if($45(value))element.setAttribute(name,['aria-label','alt'].includes(name)?said(value):value)}
element.append(...children.flat(Infinity).filter($45).map(child=>said(child)))
return element},h=(tag,attributes={},...children)=>$25(document.createElement(tag),attributes,children),svg=(tag,attributes={},...children)=>$25(document.createElementNS('http://www.w3.org/2000/svg',tag),attributes,children),button=(label,onclick)=>h('button',{type:'button',onclick},label),div=(className,...children)=>h('div',{class:className},...children),note=(...children)=>h('p',{class:'note'},...children),$27=color=>h('span',{class:'key',style:`background:${color}`}),bar=(percent,color)=>div('bar',h('i',{style:`width:${percent}%;background:${color}`})),$70=name=>name.replace('_',' '),$41=name=>name.replace('_','-'),twoDigits=value=>Number.isFinite(value)?value.toFixed(2):value>0?'∞':'–',$35=value=>value>60?'exact':value.toFixed(2),$34=point=>`(${point.map(twoDigits).join(', ')})`;
const $5=24,
$2=16,
initial=key=>$13[key].initial,$12={family:'power',...$59(Object.keys($13),initial),given:{}},$52=options=>options.map(option=>Array.isArray(option)?option:[option,option])
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
this.limits[key]=value=>$26(value,min,largest())
const oninput=()=>this.set({[key]:+input.value}),input=h('input',{type:'range',min,max:largest(),step,'data-k':key,oninput}),output=h('output',{'data-n':key})
this.syncs.push(()=>{input.max=largest()
input.value=this.get(key)
output.textContent=+(+this.get(key)).toFixed(3)})
this.add(label,input,output,isShown)}
select(key,label,options,isShown){const onchange=()=>this.set({[key]:typeof this.get(key)==='number'?+select.value:select.value}),elements=$52(options).map(([value,text])=>h('option',{value},text)),select=h('select',{'data-k':key,onchange},elements)
this.syncs.push(()=>{select.value=this.get(key)})
this.add(label,select,null,isShown)}
pairSelect(){this.select('pair','input',this.data.pairs.map((pair,i)=>[i,pair.name]))}
seedSlider(){this.slider('seed','another fog',1,20,1)}
familySelect(){const given=this.get('given')?.abar?['given']:[]
this.select('family','family',[...Object.keys(FAMILIES),...given])}
familySettings(){for(const[key,{label,options,limits}]of Object.entries($13)){const isShown=()=>FAMILIES[this.get('family')]?.settings.includes(key)??false
if(options)this.select(key,label,options,isShown)
else this.slider(key,label,...limits,isShown)}}
numbers(labels){return h('dl',{},Object.entries(labels).map(([key,label])=>{this.outputs[key]=h('output',{'data-n':key})
return[h('dt',{},label),h('dd',{},this.outputs[key])]}))}
show(values){for(const[key,value]of Object.entries(values))$77(this.outputs[key],value)}
settings(){return $59(['family',...Object.keys($13)],key=>this.get(key))}
schedule(settings=this.settings()){const given=this.get('given')
return settings.family==='given'&&given?.abar?given:$48(settings)}
pair(){return this.data.pairs[$26(this.get('pair'),0,this.data.pairs.length-1)]}
kept(values,make){const key=JSON.stringify(values)
if(this.made.size>$5)this.made.clear()
if(!this.made.has(key))this.made.set(key,make())
return this.made.get(key)}
noise(){const seed=this.get('seed')
return this.kept(['noise',seed],()=>$50(seed)(this.pair().x0.length))}
forward(point){const{x0,xIn}=this.pair()
return $58(x0,xIn,this.noise(),...point)}
predictor(tau=$2,means=this.data.means){const{count,faces}=this.data,{generates}=this.pair()
return this.kept(['predictor',generates,tau,means.length],()=>new $1(means,count,generates?{weights:range(count,i=>+(i>=faces))}:{tau}))}
coordinates(){const{x0,xIn}=this.pair(),[{span:known,coordinates},eps]=[this.data,this.noise()],span=known.with(xIn).with(eps),zeros=span.basis.slice(known.basis.length).fill(0),predictor=this.predictor($2,coordinates.flatMap(mean=>[...mean,...zeros]))
return{span,predictor,parts:[x0,xIn,eps].map(image=>span.coordinates(image))}}
restore(path,solver){const chosen=[this.get('pair'),this.get('seed')]
return this.kept([chosen,path,solver],()=>{const{span,predictor,parts}=this.kept(chosen,()=>this.coordinates()),run=$61(predictor,$58(...parts,...path[0]),parts[1],path,{solver}),seen=({x,x0})=>({get x(){return span.image(x)},get x0(){return span.image(x0||x)}})
return Object.assign(run.map(seen),{evaluations:run.evaluations})})}}
const $53=state=>{const values={...state},listeners={}
return{keys:()=>Object.keys(values),get:key=>values[key],set(key,value){if(values[key]===value)return
values[key]=value
for(const listener of listeners[`change:${key}`]||[])listener()},on(event,listener){(listeners[event]||=[]).push(listener)},off(){},save_changes(){}}},text=JSON.stringify,$36=(kind,state)=>{const fits=([key,value])=>value!==null&&typeof value===typeof state[key]&&Array.isArray(value)===Array.isArray(state[key])
try{const given=JSON.parse(new URLSearchParams(location.search).get(kind))??{}
return Object.fromEntries(Object.entries(given).filter(fits))}catch{return{}}},$21=(kind,state,model)=>{let timer=null
const keep=()=>{const changed=Object.keys(state).filter(key=>text(model.get(key))!==text(state[key])),url=new URL(location)
url.searchParams.delete(kind)
if(changed.length)url.searchParams.set(kind,text($59(changed,key=>model.get(key))))
if(url.href!==location.href)history.replaceState(history.state,'',url)}
return()=>{clearTimeout(timer)
timer=setTimeout(keep,300)}},colorScheme=element=>{const[red,green,blue]=getComputedStyle(element).color.match(/[\d.]+/g)||[0,0,0]
return .3*red+.59*green+.11*blue>128?'dark':'light'},$51=callback=>{const watched={attributes:true,attributeFilter:['class','data-jp-theme-light']}
if(typeof MutationObserver==='function')new MutationObserver(callback).observe(document.body,watched)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change',callback)},$22=callback=>{let waits=false
return()=>{if(waits)return
waits=true
queueMicrotask(()=>{waits=false
callback()})}},$33=(element,root,callback)=>{const follow=()=>{root.style.colorScheme=colorScheme(element)}
follow()
$51(()=>{follow()
callback()})};
const OWN=-1,
$16={photo:0,rain:.1,steps:5,eta:0,seed:1,order:'together',side:256},$17={'a shower':{rain:.1,steps:5,eta:0},'a downpour':{rain:.24,steps:5,eta:0},'one step':{rain:.1,steps:1,eta:0},'twenty steps':{rain:.1,steps:20,eta:0},'fresh noise':{rain:.1,steps:10,eta:1}},TRY='Try one step, then twenty: one is the best guess at once, a little soft; many steps commit themselves to details. Then take a photograph of your own, with rain in it or without. It stays in your browser.',$55=(image,side)=>{const scale=Math.min(1,side/Math.max(image.width,image.height)),[width,height]=[image.width,image.height].map(n=>Math.max(1,Math.round(n*scale))),canvas=h('canvas',{width,height}),context=canvas.getContext('2d',{willReadFrequently:true})
context.drawImage(image,0,0,width,height)
return $40(context.getImageData(0,0,width,height))},$54=(canvas,bytes,width,height)=>{Object.assign(canvas,{width,height})
canvas.getContext('2d').putImageData(new ImageData(bytes,width,height),0,0)},view=(label,caption)=>{const canvas=h('canvas',{role:'img','aria-label':label,width:256,height:192}),words=h('figcaption',{},caption)
return{canvas,words,figure:h('figure',{},canvas,words)}}
class $10{constructor(ui,photos,network){Object.assign(this,{ui,photos,network,own:null,run:null,busy:false})
this.left=view('the input','the input')
this.right=view('the best guess of the clean photograph','the best guess')
this.status=note()
this.status.setAttribute('role','status')
this.progress=h('progress',{max:1,value:0,hidden:'','aria-label':'download'})
this.go=h('button',{type:'button',class:'go',disabled:'',onclick:()=>this.restore()},'restore')
this.strip=h('div',{class:'strip',role:'group','aria-label':'the states'})
this.result=this.layOutResult()
this.layOut()}
layOut(){const{ui}=this
ui.slider('rain','rain added',0,.32,.02)
ui.slider('steps','steps',1,20,1)
const first=ui.controls
ui.controls=div('controls')
ui.slider('eta','fresh noise η',0,1,.05)
ui.slider('seed','another noise',1,20,1)
ui.select('order','order',$6.map(name=>[name,$70(name)]))
ui.select('side','longer side, pixels',[256,384,512,768,1024])
const more=h('details',{},h('summary',{},'more: noise, order, size'),ui.controls),stories=Object.entries($17).map(([name,values])=>button(name,()=>{ui.set({...values,...this.image()===this.own?{rain:ui.get('rain')}:{}})
this.restore()})),act=div('row act',this.go,div('choice stories',stories))
ui.root.append(this.choice(),first,more,act,this.progress,this.status,div('views',this.left.figure,this.right.figure),this.strip,this.result,note(TRY))}
choice(){this.buttons=this.photos.map(({name,src,credit},i)=>{const image=h('img',{src,alt:name,title:said('{0}. {1}',name,credit)})
return h('button',{type:'button',onclick:()=>this.ui.set({photo:i,rain:$16.rain})},image)})
const onchange=()=>this.take(file.files[0]),file=h('input',{type:'file',accept:'image/*',onchange})
return div('choice',this.buttons,h('label',{},file,'your own: choose, or drop it here'))}
layOutResult(){this.both=h('canvas',{role:'img','aria-label':'left of the line before, right of it after'})
this.split=h('input',{type:'range',min:0,max:1,step:.01,value:.5,'aria-label':'before and after',oninput:()=>this.drawSplit()})
const result=div('compare',this.both,this.split,button('save the result',()=>this.save()))
result.hidden=true
return result}
image(){const chosen=this.ui.get('photo')
return chosen===OWN?this.own:this.photos[$26(chosen,0,this.photos.length-1)].image}
async take(file){if(!file)return
try{this.own=await createImageBitmap(file)}catch{this.say('{0} is not an image that this browser can read',file.name)
return}
this.ui.set({photo:OWN,rain:0})
this.prepare()}
prepare(){const image=this.image()
if(!image)return
this.clean=$55(image,this.ui.get('side'))
const{width,height}=this.clean
this.input={x:rain(this.clean,this.ui.get('rain'),7),width,height}
this.before=$74(this.input.x)
this.clear()}
clear(){const{width,height}=this.input
this.run=null
this.strip.replaceChildren()
this.result.hidden=true
$54(this.left.canvas,this.before,width,height)
const wet=this.ui.get('rain')>0
$77(this.left.words,wet?'the input: the photograph with rain added':'the input, as it is')
$54(this.right.canvas,new Uint8ClampedArray(4*width*height).fill(127),width,height)
$77(this.right.words,'the best guess will appear here')
this.buttons.forEach((element,i)=>element.setAttribute('aria-pressed',i===this.ui.get('photo')))}
say(...words){$77(this.status,...words)}
async offer(){const size=await this.network.offer()
if(size===null){this.say('This copy of the page was built without the network and its runtime: the pictures above are all that it can show. The copy on the web has them.')
return}
this.go.disabled=false
if(size)$77(this.go,'load the network ({0}) and restore',size)}
async restore(){if(this.go.disabled||!this.image())return
$77(this.go,'restore')
const loading=performance.now()
try{this.progress.hidden=false
await this.network.load((share,words)=>{this.progress.value=share
this.say(...words)})
this.progress.hidden=true
this.loaded=performance.now()- loading
await this.follow()}catch(error){this.progress.hidden=true
this.say('It did not work: {0}',error.message)}}
async follow(){this.clear()
const{x:xIn,width,height}=this.input,run=this.run=[],began=performance.now(),since=()=>((performance.now()- began)/1000).toFixed(1),{steps,eta,seed,order}=Object.fromEntries(['steps','eta','seed','order'].map(key=>[key,this.ui.get(key)]))
this.say('the first step …')
const done=await this.network.restore({xIn,width,height,steps,eta,seed,order},({step,images})=>{if(this.run!==run)return
run.push(images)
this.addFrame(step)
this.show(step)
this.ui.root.dataset.states=run.length
if(step<steps)this.say('step {0} of {1}, {2} s',step+1,steps,since())})
if(!done||this.run!==run)return
this.finish(since())}
addFrame(step){const{width,height}=this.input,canvas=h('canvas',{})
$54(canvas,this.run[step][0],width,height)
const words=said('state {0}',step)
this.strip.append(h('button',{type:'button','aria-label':words,onclick:()=>this.show(step)},canvas))}
show(step){const{width,height}=this.input,[x,x0]=this.run[step]
$54(this.left.canvas,x,width,height)
$54(this.right.canvas,x0,width,height)
$77(this.left.words,'state {0}',step)
if(step===this.ui.get('steps'))$77(this.right.words,'the result')
else $77(this.right.words,'the best guess at state {0}',step);
[...this.strip.children].forEach((element,i)=>element.setAttribute('aria-pressed',i===step))}
finish(seconds){const{width,height,x:xIn}=this.input,after=this.run.at(-1)[1]
this.after=after
Object.assign(this.both,{width,height})
this.result.hidden=false
this.drawSplit()
const quality=x=>psnr(x,this.clean.x).toFixed(1),restored=$40({data:after,width,height}).x
if(this.ui.get('rain')){this.say('done in {0} s; PSNR {1} dB before, {2} dB after',seconds,quality(xIn),quality(restored))}else this.say('done in {0} s',seconds)
this.ui.root.dataset.done=1+(+this.ui.root.dataset.done||0)}
drawSplit(){const{width,height}=this.both,at=Math.round(this.split.value*width),context=this.both.getContext('2d')
context.putImageData(new ImageData(this.after,width,height),0,0)
if(at>0)context.putImageData(new ImageData(this.before,width,height),0,0,0,0,at,height)
context.fillStyle='#fff'
context.fillRect(at-1,0,2,height)}
save(){const{width,height}=this.both,canvas=h('canvas',{})
$54(canvas,this.after,width,height)
canvas.toBlob(blob=>{const link=h('a',{href:URL.createObjectURL(blob),download:'restored.png'})
link.click()
setTimeout(()=>URL.revokeObjectURL(link.href),1000)})}
acceptDrops(){const{root}=this.ui,over=is=>event=>{event.preventDefault()
root.classList.toggle('over',is)}
root.addEventListener('dragover',over(true))
root.addEventListener('dragleave',over(false))
root.addEventListener('drop',event=>{over(false)(event)
this.take(event.dataTransfer.files[0])})}}
const $47=async photo=>{const image=new Image()
image.src=photo.src
await image.decode()
return{...photo,image}},$49=async(element,model,{photos},network,shared={},keep=()=>{})=>{const root=h('div',{class:'fig',role:'group','aria-label':'figure: a photograph restored'}),loaded=await Promise.all(photos.map($47)),shadow=element.shadowRoot||element.attachShadow({mode:'open'})
element.setAttribute('data-lm-suppress-shortcuts','true');
shadow.replaceChildren(h('style',{},CSS+$7),root)
const ui=new UI(model,null,root),figure=element.figure=new $10(ui,loaded,network)
ui.limits.photo=value=>$26(value,0,photos.length-1)
ui.setWithin(shared)
const sync=()=>{ui.syncs.forEach(call=>call())
keep()},draw=$22(()=>{sync()
figure.prepare()
element.dataset.drawn=1+(+element.dataset.drawn||0)})
for(const key of['steps','eta','seed','order'])model.on(`change:${key}`,sync)
for(const key of['photo','rain','side'])model.on(`change:${key}`,draw)
$33(element,root,()=>{})
figure.acceptDrops()
draw()
await figure.offer()},$23=async element=>{const{photos,schedule}=await(await fetch(new URL('photos.json',import.meta.url))).json(),placed=photos.map(photo=>({...photo,src:new URL(photo.src,import.meta.url).href})),state={...$16,...JSON.parse(element.getAttribute('state')||'{}')},model=element.model=$53(state),network=new $9(import.meta.url,schedule),address=[$36('photo',state),$21('photo',state,model)]
await $49(element,model,{photos:placed},network,...address)},$42=new WeakSet(),$76=element=>{const observer=new IntersectionObserver(entries=>{if($42.has(element)||!entries.some(entry=>entry.isIntersecting))return
$42.add(element)
observer.disconnect()
$23(element)},{rootMargin:'200px'})
observer.observe(element)}
if(typeof document!=='undefined')document.querySelectorAll('rddm-figure[kind=photo]').forEach($76)
const render=({model,el})=>{const host=h('div')
el.append(host)
$49(host,model,model.get('payload'),new $3(model))}
export default{render}
const states={photo:$16}
export{rain,states};
